"""Manifests and indexes by tag or digest."""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from plugins.api_registry.errors import Refusal, refused
from plugins.api_registry.names import target
from sdk.engine.content import Content
from sdk.errors import NotFound
from sdk.oci.digest import is_digest
from sdk.text import UNREADABLE

LONGEST = 4 << 20
"""The largest manifest taken, as the distribution-spec advises."""


class _Subject(Struct):
    digest: str


class _Referring(Struct):
    subject: _Subject | None = None


async def read(request: Request) -> Response:
    """Return a manifest (GET) or what it is (HEAD)."""
    found = await _content(request).manifest(target(request))
    headers = {"Docker-Content-Digest": found.descriptor.digest, "ETag": f'"{found.descriptor.digest}"'}
    return Response(found.content, headers=headers, media_type=found.descriptor.media_type)


async def write(request: Request) -> Response:
    """Take a manifest whose blobs are here already."""
    reference, body = target(request), await _limited(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    try:
        stored = await _content(request).put_manifest(reference, body, media_type)
    except NotFound as error:
        raise refused(error, "MANIFEST_BLOB") from error
    headers = {
        "Location": f"/v2/{request.path_params['name']}/manifests/{stored.digest}",
        "Docker-Content-Digest": stored.digest,
    }
    if subject := _subject(body):
        headers["OCI-Subject"] = subject
    return Response(status_code=201, headers=headers)


async def delete(request: Request) -> Response:
    """Drop a tag, or a manifest with its tags."""
    await _content(request).delete_manifest(target(request))
    return Response(status_code=202)


def _content(request: Request) -> Content:
    content: Content = request.app.state.content
    return content


async def _limited(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise Refusal(413, "SIZE_INVALID", f"the manifest is larger than {LONGEST} bytes")
    return bytes(body)


def _subject(body: bytes) -> str:
    """Return the digest of what a manifest that was taken refers to; "" for what does not say so properly."""
    try:
        subject = msgspec.json.decode(body, type=_Referring).subject
    except UNREADABLE:
        return ""
    return subject.digest if subject and is_digest(subject.digest) else ""
