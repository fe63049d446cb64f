"""Pushing blobs and manifests (distribution-spec: "Pushing Blobs", "Mounting a blob from another repository")."""

import re
from collections.abc import AsyncIterator, Sequence

import httpx

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.refusals import push_error
from plugins.registry_hub.replies import Reply
from plugins.registry_hub.sending import Sending
from plugins.registry_hub.transport import Request, Transport
from plugins.registry_hub.urls import followed
from sdk.drivers.registry import Credentials
from sdk.errors import Unavailable
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference
from sdk.text import cleaned

_MOUNTS_TRIED = 3
_LENGTH = re.compile(r"[0-9]{1,19}")
_LARGEST_CHUNK = 128 << 20
"""Bytes; a chunk is held in memory while it is sent."""


class Upload:
    """Uploads to one repository of one endpoint."""

    def __init__(self, transport: Transport, endpoint: Endpoint, reference: Reference, credentials: Credentials) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._reference = reference
        self._credentials = credentials
        self._scope = f"repository:{reference.path}:pull,push"

    async def blob(
        self, descriptor: Descriptor, content: AsyncIterator[bytes], mount_from: Sequence[Reference], chunk_size: int
    ) -> bool:
        """Upload a blob unless it is there or can be mounted. Return whether it was sent.

        With a `chunk_size` a broken upload goes on where it broke; with 0 the content is passed on in one piece as it comes.
        """
        if await self._is_there(descriptor.digest):
            return False
        opened = await self._open(descriptor.digest, mount_from)
        if opened is None:
            return False
        size = max(chunk_size, _smallest_chunk(opened))
        if chunk_size and size <= _LARGEST_CHUNK:
            sending = Sending(self._transport, self._endpoint, self._reference, self._credentials, self._scope)
            await sending.run(_location(opened), descriptor, content, size)
        else:
            await self._send_whole(_location(opened), descriptor, content)
        return True

    async def manifest(self, content: bytes, media_type: str) -> None:
        """Upload a manifest under the reference's tag or digest."""
        path = f"/v2/{self._reference.path}/manifests/{self._reference.target}"
        await self._expect((201, 202), self._request("PUT", path, {"Content-Type": media_type}, content))

    async def has(self, digest: str, mount_from: Sequence[Reference]) -> bool:
        """Tell whether a blob is there or could be mounted."""
        if await self._is_there(digest):
            return True
        if not self._sources(mount_from):
            return False
        opened = await self._open(digest, mount_from)
        if opened is not None:
            await self._cancel(opened)
        return opened is None

    async def _is_there(self, digest: str) -> bool:
        request = self._request("HEAD", f"/v2/{self._reference.path}/blobs/{digest}")
        return (await self._expect((200, 404), request)).status == 200

    async def _open(self, digest: str, mount_from: Sequence[Reference]) -> Reply | None:
        """Open an upload; None if the registry could mount the blob instead. An upload opened by a failed mount is used, not left."""
        opened: Reply | None = None
        for source in self._sources(mount_from):
            if opened is not None:
                await self._cancel(opened)
            scope = f"{self._scope} repository:{source.path}:pull"
            opened = await self._start({"mount": digest, "from": source.path}, scope)
            if opened.status == 201:
                return None
        return opened or await self._start({}, self._scope)

    def _sources(self, mount_from: Sequence[Reference]) -> list[Reference]:
        here = [source for source in mount_from if source.domain == self._reference.domain and source.path != self._reference.path]
        return here[:_MOUNTS_TRIED]

    async def _start(self, query: dict[str, str], scope: str) -> Reply:
        path = str(httpx.URL(f"/v2/{self._reference.path}/blobs/uploads/", params=query))
        return await self._expect((201, 202), Request("POST", path, scope, self._credentials, {"Content-Length": "0"}))

    async def _cancel(self, opened: Reply) -> None:
        await self._expect(range(200, 500), self._request("DELETE", _location(opened)))

    async def _send_whole(self, location: str, descriptor: Descriptor, content: AsyncIterator[bytes]) -> None:
        url = str(httpx.URL(location).copy_merge_params({"digest": descriptor.digest}))
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(descriptor.size)}
        await self._expect((201, 204), self._request("PUT", url, headers, content))

    def _request(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | AsyncIterator[bytes] | None = None
    ) -> Request:
        return Request(method, path, self._scope, self._credentials, headers or {}, content)

    async def _expect(self, statuses: Sequence[int], request: Request) -> Reply:
        reply = await self._transport.ask(self._endpoint, request)
        if reply.status not in statuses:
            raise push_error(self._reference, reply.status, reply.content)
        return reply


def _location(opened: Reply) -> str:
    if "Location" not in opened.headers:
        raise Unavailable(f"{cleaned(str(opened.url))}: the registry does not say where the upload goes")
    return str(followed(opened.url, opened.headers["Location"], "upload"))


def _smallest_chunk(opened: Reply) -> int:
    """Return what the registry takes at least, except in the last chunk (distribution-spec: "OCI-Chunk-Min-Length")."""
    text = opened.headers.get("OCI-Chunk-Min-Length", "0")
    return int(text) if _LENGTH.fullmatch(text) else 0
