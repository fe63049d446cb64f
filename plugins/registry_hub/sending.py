"""A blob on its way to a registry, chunk by chunk (distribution-spec: "Pushing a blob in chunks").

A chunk is kept until the registry has it. Where a connection broke or a server was in trouble the registry is asked how far it got,
and the rest of the chunk is sent: so the content is read once, and never more than a chunk of it is held. (Debian's docker-registry goes
on between chunks, but not within one: the upload is lost then.) A blob that is no longer
than a chunk goes with the request that closes the upload.
"""

import re
from collections.abc import AsyncIterator

import httpx

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.refusals import push_error
from plugins.registry_hub.replies import Reply
from plugins.registry_hub.retries import TRANSIENT
from plugins.registry_hub.transport import Request, Transport
from plugins.registry_hub.urls import followed
from sdk.drivers.registry import Credentials
from sdk.errors import EngineError, Unavailable, UploadLost
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference

_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,19})")
_ACCEPTED = (201, 202, 204)
_RESUMABLE = TRANSIENT | {416}


class Sending:
    """One upload. `offset` is what the registry has for certain."""

    def __init__(
        self, transport: Transport, endpoint: Endpoint, reference: Reference, credentials: Credentials, scope: str
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._reference = reference
        self._credentials = credentials
        self._scope = scope
        self._location = ""
        self.offset = 0

    async def run(self, location: str, descriptor: Descriptor, content: AsyncIterator[bytes], chunk_size: int) -> None:
        """Send all of the content to an opened upload and close it. Raises what `push_error` makes of a refusal, Unavailable."""
        self._location = location
        async for chunk in regrouped(content, chunk_size):
            is_last = self.offset + len(chunk) >= descriptor.size
            await self._deliver(chunk, descriptor.digest if is_last else "")
        if not descriptor.size:
            await self._deliver(b"", descriptor.digest)

    async def _deliver(self, chunk: bytes, digest: str) -> None:
        """Send a chunk, resuming within it, until the registry has it; with a digest close the upload."""
        start, failures = self.offset, 0
        while failure := await self._attempt(memoryview(chunk)[self.offset - start :], digest, failures):
            if digest and await self._is_finished(digest):
                return
            before = self.offset
            await self._recover(start, len(chunk))
            failures = 0 if self.offset > before else failures + 1
            if failures > self._transport.retries.most:
                raise failure
        self.offset = start + len(chunk)

    async def _attempt(self, rest: memoryview, digest: str, failures: int) -> EngineError | None:
        """Send once. Return, after a pause, what failed if it may pass; raise what will not."""
        try:
            reply = await self._ask(self._request(rest, digest))
        except Unavailable as error:
            await self._transport.retries.pause(failures)
            return error
        if reply.status in _ACCEPTED:
            self._moved(reply)
            return None
        failure = push_error(self._reference, reply.status, reply.content)
        if reply.status not in _RESUMABLE:
            raise failure
        await self._transport.retries.pause(failures, reply)
        return failure

    async def _recover(self, start: int, length: int) -> None:
        """Ask how far the registry got. Raises UploadLost if it cannot go on from there."""
        reply = await self._ask(Request("GET", self._location, self._scope, self._credentials))
        if reply.status not in (202, 204):
            raise UploadLost(push_error(self._reference, reply.status, reply.content).message)
        self._moved(reply)
        reached = _reached(reply)
        if not start <= reached <= start + length:
            raise Unavailable(
                f"{self._reference.familiar_name}: the upload cannot be resumed: the registry has {reached} bytes of it"
            )
        self.offset = reached

    async def _is_finished(self, digest: str) -> bool:
        """Tell whether the registry took the blob although its answer did not arrive."""
        path = f"/v2/{self._reference.path}/blobs/{digest}"
        reply = await self._ask(Request("HEAD", path, self._scope, self._credentials))
        return reply.status == 200

    async def _ask(self, request: Request) -> Reply:
        return await self._transport.ask(self._endpoint, request)

    def _request(self, rest: memoryview, digest: str) -> Request:
        url, headers = self._location, {"Content-Type": "application/octet-stream", "Content-Length": str(len(rest))}
        if digest:
            url = str(httpx.URL(url).copy_merge_params({"digest": digest}))
        if rest:
            headers["Content-Range"] = f"{self.offset}-{self.offset + len(rest) - 1}"
        return Request("PUT" if digest else "PATCH", url, self._scope, self._credentials, headers, bytes(rest), retries=0)

    def _moved(self, reply: Reply) -> None:
        if "Location" in reply.headers:
            self._location = str(followed(reply.url, reply.headers["Location"], "upload"))


async def regrouped(content: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """Yield the content in pieces of exactly `size` bytes, and what is left."""
    pieces: list[bytes] = []
    length = 0
    async for piece in content:
        pieces.append(piece)
        length += len(piece)
        while length >= size:
            joined = b"".join(pieces)
            yield joined[:size]
            pieces, length = [joined[size:]], length - size
    if length:
        yield b"".join(pieces)


def _reached(reply: Reply) -> int:
    """Return how many bytes a registry has. `0-0`, one byte in the specification's words, is what registries say of none."""
    match = _RANGE.fullmatch(reply.headers.get("Range", ""))
    last = int(match[1]) if match else 0
    return last + 1 if last else 0
