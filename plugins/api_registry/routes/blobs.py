"""Blobs by digest, whole or in part (distribution-spec: "Pulling blobs")."""

import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from plugins.api_registry.errors import Refusal
from plugins.api_registry.names import repository
from sdk.engine.content import Content
from sdk.oci.digest import parse_digest

_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


async def read(request: Request) -> Response:
    """Return a blob (GET) or its size (HEAD)."""
    repository(request)
    digest, content = parse_digest(request.path_params["digest"]), _content(request)
    size = await content.blob(digest)
    start, end = _range(request.headers.get("range", ""), size)
    headers = {
        "Docker-Content-Digest": digest,
        "ETag": f'"{digest}"',
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
    }
    partial = (start, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type="application/octet-stream")
    body = content.read_blob(digest, offset=start, length=end - start)
    return StreamingResponse(body, status, headers, media_type="application/octet-stream")


async def delete(request: Request) -> Response:
    """Delete a blob that nothing needs."""
    repository(request)
    await _content(request).delete_blob(parse_digest(request.path_params["digest"]))
    return Response(status_code=202)


def _content(request: Request) -> Content:
    content: Content = request.app.state.content
    return content


def _range(text: str, size: int) -> tuple[int, int]:
    """Return the bytes asked for as start and end; all of them where the header is none this server knows (RFC 9110: 14.2)."""
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None or match[1] == match[2] == "" or (match[1] and match[2] and int(match[1]) > int(match[2])):
        return 0, size
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise Refusal(416, "SIZE_INVALID", f"no such part: {text}", {"Content-Range": f"bytes */{size}"})
    return start, end
