"""Fetching blobs into the content store: each once, whoever asks, going on where an earlier attempt stopped."""

import anyio

from core.images.content import ContentStore, Ingest
from core.images.progress import Meter, Report
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import hex_of, parse_digest
from sdk.oci.reference import Reference


def short(digest: str) -> str:
    """Return the twelve digits that progress displays show."""
    return hex_of(digest)[:12]


class Fetcher:
    """Brings blobs from a registry into the content store, a few at a time."""

    def __init__(self, content: ContentStore, registry: RegistryBackend, at_once: int) -> None:
        self._content = content
        self._registry = registry
        self._slots = anyio.CapacityLimiter(at_once)

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
            report(Progress("Download complete", layer))

    async def _download(self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report) -> None:
        try:
            await self._attempt(reference, descriptor, credentials, report)
        except DataLoss:
            await self._attempt(reference, descriptor, credentials, report)

    async def _attempt(self, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report) -> None:
        ingest = self._content.ingest(descriptor.digest, descriptor.size)
        try:
            await ingest.resume()
            await self._receive(ingest, reference, descriptor, credentials, report)
            report(Progress("Verifying Checksum", short(descriptor.digest)))
            await ingest.commit()
        finally:
            await ingest.close()

    async def _receive(
        self, ingest: Ingest, reference: Reference, descriptor: Descriptor, credentials: Credentials, report: Report
    ) -> None:
        meter = Meter(report, "Downloading", short(descriptor.digest), descriptor.size)
        async with self._registry.fetch(reference, descriptor, credentials, offset=ingest.offset) as chunks:
            async for chunk in chunks:
                await ingest.write(chunk)
                meter.show(ingest.offset)
