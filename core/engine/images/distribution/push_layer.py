"""One layer on its way to a registry: as one of the archives it is known by, if the registry has or gets it, else rebuilt."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from core.engine.images.context import ImageContext
from core.images.receiving.fetcher import short
from core.images.receiving.progress import Meter, Report, Show
from core.images.store import ImageStore
from sdk.drivers.registry import Credentials
from sdk.engine.images import Progress
from sdk.errors import UploadLost
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import ChainID
from sdk.oci.reference import Reference

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Where a push goes."""

    name: Reference
    credentials: Credentials


async def push_layer(context: ImageContext, target: Target, own: Descriptor, chain: ChainID, report: Report) -> Descriptor:
    """Push a layer and return the archive that the registry has of it. `own` is what the image's manifest names.

    An archive that was dropped here need not be sent if the registry has it: so an image that goes back to where it came from keeps its
    digest. Else it is rebuilt, and remembered, so that the next push of it finds it there.
    """
    for blob in _stored(context.store, own, chain):
        return await _push_stored(context, target, blob, report)
    for blob in _known(context.store, own, chain):
        if await context.registry.has_blob(
            target.name, blob, target.credentials, mount_from=mount_sources(context.store, target.name, blob.digest)
        ):
            report(Progress("Layer already exists", short(own.digest)))
            return blob
    return await _push_rebuilt(context, target, own, chain, report)


async def push_blob(context: ImageContext, target: Target, blob: Descriptor, show: Show = lambda _sent: None) -> bool:
    """Upload a stored blob, from its start again where the registry lost what it had. Return whether it was sent."""
    sources = mount_sources(context.store, target.name, blob.digest)
    for _ in range(_ATTEMPTS - 1):
        with suppress(UploadLost):
            return await _upload(context, target, blob, show, sources)
    return await _upload(context, target, blob, show, sources)


def mount_sources(store: ImageStore, name: Reference, blob: str) -> tuple[Reference, ...]:
    """Return the repositories of the same registry that an image with this blob was pulled from or pushed to, one name of each."""
    found = {
        known.path: known
        for image in store
        if blob in image.record.blobs
        for known in store.names(image.id)
        if known.digest and known.domain == name.domain and known.path != name.path
    }
    return tuple(found.values())


async def _push_stored(context: ImageContext, target: Target, blob: Descriptor, report: Report, shown: str = "") -> Descriptor:
    layer = short(shown or blob.digest)
    meter = Meter(report, "Pushing", layer, blob.size)
    sent = await push_blob(context, target, blob, meter.show)
    report(Progress("Pushed" if sent else "Layer already exists", layer))
    return blob


async def _push_rebuilt(context: ImageContext, target: Target, own: Descriptor, chain: ChainID, report: Report) -> Descriptor:
    record = context.store.layers.get(chain)
    if record is None:
        return await _push_stored(context, target, own, report)
    async with context.rebuilder.gzipped(chain, record) as blob:
        await _push_stored(context, target, blob, report, own.digest)
        if current := context.store.layers.get(chain):
            context.store.layers.put(chain, current.given_as(blob))
    await context.dropper.forget(blob.digest)
    return blob


async def _upload(context: ImageContext, target: Target, blob: Descriptor, show: Show, sources: Sequence[Reference]) -> bool:
    content: AsyncIterator[bytes]
    async with aclosing(context.store.content.chunks(blob.digest, show)) as content:
        return await context.registry.push_blob(target.name, blob, content, target.credentials, mount_from=sources)


def _known(store: ImageStore, own: Descriptor, chain: ChainID) -> tuple[Descriptor, ...]:
    """Return the archives a layer is known by."""
    record = store.layers.get(chain)
    return (own, record.blob) if record and record.blob and record.blob.digest != own.digest else (own,)


def _stored(store: ImageStore, own: Descriptor, chain: ChainID) -> tuple[Descriptor, ...]:
    return tuple(blob for blob in _known(store, own, chain) if store.content.exists(blob.digest))
