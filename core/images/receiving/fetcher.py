"""Fetching blobs into the content store: each once for all that ask, going on where an earlier attempt stopped."""

import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio

from core.images.content.store import ContentStore, Ingest
from core.images.receiving.progress import Meter, Report
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import hex_of, parse_digest
from sdk.oci.reference import Reference
from sdk.tracing import note


def short(digest: str) -> str:
    """Return the twelve digits that progress displays show."""
    return hex_of(digest)[:12]


class Fetcher:
    """Brings blobs from a registry into the content store, a few at a time."""

    def __init__(self, content: ContentStore, registry: RegistryBackend, at_once: int) -> None:
        self._content = content
        self._registry = registry
        self._slots = anyio.CapacityLimiter(at_once or math.inf)

    def limit(self, at_once: int) -> None:
        """Bring so many blobs at once from now on; 0: all."""
        self._slots.total_tokens = at_once or math.inf

    async def fetch(self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report) -> None:
        """Make sure a blob is in the content store. Raises DataLoss if the registry twice sends something else."""
        parse_digest(descriptor.digest)
        async with self._content.locks.hold(descriptor.digest):
            if self._content.exists(descriptor.digest):
                return
            layer = short(descriptor.digest)
            if not self._slots.available_tokens:
                report(Progress("Waiting", layer))
            async with self._slots:
                await self._download(reference, descriptor, credentials, report)

    async def stream(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report
    ) -> AsyncGenerator[bytes, None]:
        """Yield a blob while it arrives, from its first byte on, and store it. Raises DataLoss at the end if it is not the one named."""
        parse_digest(descriptor.digest)
        async with self._content.locks.hold(descriptor.digest), self._slots:
            if self._content.exists(descriptor.digest):
                chunks = self._content.chunks(descriptor.digest)
            else:
                chunks = self._passed_on(reference, descriptor, credentials, report)
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk

    async def _passed_on(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report
    ) -> AsyncGenerator[bytes, None]:
        ingest = self._content.ingest(descriptor.digest, descriptor.size)
        try:
            await ingest.resume()
            async for chunk in ingest.chunks():
                yield chunk
            async with aclosing(self._received(ingest, reference, descriptor, credentials, report)) as received:
                async for chunk in received:
                    yield chunk
            await self._verify(ingest, descriptor, report)
        finally:
            with anyio.CancelScope(shield=True):
                await ingest.close()

    async def _download(self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report) -> None:
        try:
            await self._attempt(reference, descriptor, credentials, report)
        except DataLoss:
            await self._attempt(reference, descriptor, credentials, report)

    async def _attempt(self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report) -> None:
        ingest = self._content.ingest(descriptor.digest, descriptor.size)
        try:
            await ingest.resume()
            async for _chunk in self._received(ingest, reference, descriptor, credentials, report):
                pass
            await self._verify(ingest, descriptor, report)
        finally:
            with anyio.CancelScope(shield=True):
                await ingest.close()

    async def _verify(self, ingest: Ingest, descriptor: Descriptor, report: Report) -> None:
        report(Progress("Verifying Checksum", short(descriptor.digest)))
        await ingest.commit()
        report(Progress("Download complete", short(descriptor.digest)))

    async def _received(
        self, ingest: Ingest, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report
    ) -> AsyncGenerator[bytes, None]:
        meter, began = Meter(report, "Downloading", short(descriptor.digest), descriptor.size), time.time_ns()
        async with self._registry.fetch(reference, descriptor, credentials, offset=ingest.offset) as chunks:
            async for chunk in chunks:
                await ingest.write(chunk)
                meter.show(ingest.offset)
                yield chunk
        note("blob.fetch", began, time.time_ns(), {"oci.blob.digest": descriptor.digest, "oci.blob.size": descriptor.size})
