"""Blobs, from any offset on, over as many connections as it takes (distribution-spec: "Pulling blobs", RFC 7233)."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.refusals import pull_error, unreachable
from plugins.registry_hub.retries import TRANSIENT
from plugins.registry_hub.settings import HubSettings
from plugins.registry_hub.transport import Request, Transport
from sdk.drivers.registry import Credentials
from sdk.errors import DataLoss, EngineError, Unavailable
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference
from sdk.pace import not_too_slow

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/(?:[0-9]{1,19}|\*)")
_PROGRESS = 4096
"""Bytes that make an attempt a success, unless they are all that was missing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many attempts without progress there may be, and how slowly bytes may come: `rate` a second over `seconds`."""

    attempts: int
    rate: int
    seconds: float

    @classmethod
    def of(cls, settings: HubSettings) -> "Patience":
        return cls(max(1, settings.download_attempts), settings.slowest_rate, settings.stall_timeout)


class Download:
    """A blob on its way. `offset` is what has been delivered, the bytes skipped at the start included."""

    def __init__(
        self,
        transport: Transport,
        endpoints: Sequence[Endpoint],
        reference: Reference,
        descriptor: Descriptor,
        credentials: Credentials,
        *,
        offset: int,
        patience: Patience,
    ) -> None:
        self._transport = transport
        self._endpoints = endpoints
        self._reference = reference
        self._descriptor = descriptor
        self._credentials = credentials
        self._patience = patience
        self._connection = AsyncExitStack()
        self._response: httpx.Response | None = None
        self._skip = 0
        self._failures = 0
        self.offset = offset

    @property
    def _shown(self) -> str:
        return str(self._response.url) if self._response is not None else f"https://{self._reference.domain}/v2/"

    async def open(self) -> None:
        """Connect to the first endpoint that has the blob, each asked as often as the first. Raises what the last one said."""
        failure: EngineError | None = None
        before = self._failures
        for endpoint in self._endpoints:
            self._failures = before
            try:
                await self._open(endpoint)
            except EngineError as error:
                failure = error
            else:
                return
        raise failure or Unavailable(f"no endpoint for {self._reference.familiar}")

    async def close(self) -> None:
        """Drop the connection; idempotent."""
        connection, self._connection, self._response = self._connection, AsyncExitStack(), None
        await connection.aclose()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the blob to its end, reconnecting where the connection broke. Raises when no attempt makes progress any more, and where
        there may be but one."""
        while self.offset < self._descriptor.size:
            before = self.offset
            try:
                async for chunk in self._connected():
                    yield chunk
                failure: EngineError = Unavailable("unexpected EOF")
            except Unavailable as error:
                failure = error
            except httpx.TransportError as error:
                failure = unreachable(self._shown, error)
            await self.close()
            self._failures = 1 if self.offset - before >= _PROGRESS else self._failures + 1
            if self._failures >= self._patience.attempts and self.offset < self._descriptor.size:
                raise Unavailable(f"{self._descriptor.digest}: {failure.message}") from failure
            if self.offset < self._descriptor.size:
                await self._transport.retries.pause(self._failures)

    async def _connected(self) -> AsyncIterator[bytes]:
        if self._response is None:
            await self.open()
        assert self._response is not None
        arriving = self._response.aiter_raw()
        async for chunk in not_too_slow(arriving, self._patience.rate, self._patience.seconds, "the registry"):
            wanted = self._advance(chunk)
            if wanted:
                yield wanted

    def _advance(self, chunk: bytes) -> bytes:
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        self.offset += len(chunk)
        if self.offset > self._descriptor.size:
            raise DataLoss(f"{self._descriptor.digest}: the registry sent more than {self._descriptor.size} bytes")
        return chunk

    async def _open(self, endpoint: Endpoint) -> None:
        path = f"/v2/{self._reference.path}/blobs/{self._descriptor.digest}"
        headers = {"Range": f"bytes={self.offset}-"} if self.offset else {}
        scope, retries = f"repository:{self._reference.path}:pull", max(0, self._patience.attempts - 1 - self._failures)
        request = Request("GET", path, scope, self._credentials, headers, retries=retries)
        async with AsyncExitStack() as undo:
            response = await undo.enter_async_context(self._transport.open(endpoint, request))
            if response.status_code not in (200, 206):
                if response.status_code in TRANSIENT:
                    self._failures += retries
                raise pull_error(self._reference, response.status_code, (await self._transport.read(response)).content)
            self._skip = self.offset - _start(response)
            self._check_size(response)
            self._response = response
            self._connection = undo.pop_all()

    def _check_size(self, response: httpx.Response) -> None:
        length = response.headers.get("Content-Length")
        start = _start(response)
        if self._skip < 0 or (length is not None and start + int(length) != self._descriptor.size):
            raise Unavailable(
                f"{self._descriptor.digest}: the registry offers {length} bytes from {start} of {self._descriptor.size}"
            )


def _start(response: httpx.Response) -> int:
    match = _CONTENT_RANGE.match(response.headers.get("Content-Range", "")) if response.status_code == 206 else None
    return int(match[1]) if match else 0
