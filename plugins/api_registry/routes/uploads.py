"""Blobs on their way in: at once, in chunks, as a stream, or mounted (distribution-spec: "Pushing blobs")."""

import re

from starlette.requests import Request
from starlette.responses import Response

from plugins.api_registry.errors import Refusal
from plugins.api_registry.names import repository
from plugins.api_registry.uploading import Uploads, UploadUnderWay
from sdk.engine.content import Content
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.digest import parse_digest

_CONTENT_RANGE = re.compile(r"(?:bytes[ =])?([0-9]{1,19})-([0-9]{1,19})(?:/\S+)?")


async def begin(request: Request) -> Response:
    """Begin an upload; with `digest` take the whole blob; with `mount` take one that is here already."""
    repository(request)
    query, uploads = request.query_params, _uploads(request)
    if "mount" in query and await _mounted(request, query["mount"]):
        return _created(request, query["mount"])
    upload = await uploads.begin()
    if "digest" in query:
        return await _complete(request, upload, query["digest"])
    return _accepted(request, upload, 202)


async def status(request: Request) -> Response:
    """Say how much has arrived."""
    return _accepted(request, _upload(request), 204)


async def append(request: Request) -> Response:
    """Take the next chunk, or with no range all that comes."""
    upload = _upload(request)
    async with upload.lock:
        _check_range(request, upload)
        await _receive(request, upload)
    return _accepted(request, upload, 202)


async def finish(request: Request) -> Response:
    """Take the last chunk, if any, and check the whole."""
    upload = _upload(request)
    if "digest" not in request.query_params:
        raise Refusal(400, "DIGEST_INVALID", "the digest is missing")
    return await _complete(request, upload, request.query_params["digest"])


async def cancel(request: Request) -> Response:
    """Forget an upload."""
    await _uploads(request).discard(_upload(request))
    return Response(status_code=204)


async def _complete(request: Request, upload: UploadUnderWay, digest: str) -> Response:
    async with upload.lock:
        try:
            parse_digest(digest)
            _check_range(request, upload)
            await _receive(request, upload)
            await _uploads(request).commit(upload, digest)
        except InvalidArgument as error:
            await _uploads(request).discard(upload)
            raise Refusal(400, "DIGEST_INVALID", error.message) from error
    return _created(request, digest)


async def _mounted(request: Request, digest: str) -> bool:
    content: Content = request.app.state.content
    try:
        await content.blob(parse_digest(digest), keep=True)
    except (NotFound, InvalidArgument):
        return False
    return True


async def _receive(request: Request, upload: UploadUnderWay) -> None:
    async for chunk in request.stream():
        await upload.blob.write(chunk)


def _check_range(request: Request, upload: UploadUnderWay) -> None:
    """Refuse a chunk that does not begin where the last one ended, or is not as long as it says."""
    text = request.headers.get("content-range")
    if text is None:
        return
    match, length = _CONTENT_RANGE.fullmatch(text), request.headers.get("content-length", "")
    start, size = (int(match[1]), int(match[2]) + 1 - int(match[1])) if match else (-1, -1)
    if start != upload.blob.size or (length and int(length) != size):
        raise Refusal(
            416, "BLOB_UPLOAD_INVALID", f"{upload.blob.size} bytes are here; {text} does not go on there", _where(request, upload)
        )


def _accepted(request: Request, upload: UploadUnderWay, status_code: int) -> Response:
    return Response(status_code=status_code, headers=_where(request, upload))


def _where(request: Request, upload: UploadUnderWay) -> dict[str, str]:
    return {
        "Location": f"/v2/{request.path_params['name']}/blobs/uploads/{upload.name}",
        "Range": f"0-{max(upload.blob.size - 1, 0)}",
        "Docker-Upload-UUID": upload.name,
    }


def _created(request: Request, digest: str) -> Response:
    headers = {"Location": f"/v2/{request.path_params['name']}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status_code=201, headers=headers)


def _uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


def _upload(request: Request) -> UploadUnderWay:
    repository(request)
    return _uploads(request).find(request.path_params["upload"])
