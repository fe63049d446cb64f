"""`docker push`: blobs in parallel, then the manifest."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress

import anyio

from core.engine.image_context import ImageContext
from core.engine.image_tag import tag_reference
from core.images.fetcher import short
from core.images.installer import first_error
from core.images.manifests import held_manifest
from core.images.progress import Meter, Report, Show, reported
from core.images.store import ImageStore, StoredImage
from sdk.drivers.registry import Credentials
from sdk.engine.images import Progress
from sdk.errors import NotFound, UploadLost
from sdk.events import EventType
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import Digest
from sdk.oci.reference import Reference, parse_reference

_UPLOADS = 3
_ATTEMPTS = 5


async def push(context: ImageContext, ref: str, tag: str, credentials: Credentials) -> AsyncIterator[Progress]:
    """Push one tag, or without one every tag of a repository; see `sdk.engine.Images.push`.

    Raises NotFound with Docker's sentence if there is nothing of that name here.
    """
    names = _names(context, ref, tag)
    if not names:
        raise NotFound(f"An image does not exist locally with the tag: {parse_reference(ref).familiar_name}")
    async with aclosing(reported(lambda report: _push_all(context, names, credentials, report))) as steps:
        async for step in steps:
            yield step


def _names(context: ImageContext, ref: str, tag: str) -> list[Reference]:
    asked = parse_reference(ref, default_tag=False)
    if tag or asked.tag:
        name = tag_reference(ref, tag)
        return [name] if context.store.named(name) else []
    return sorted((name for name in context.store.references if name.tag and name.name == asked.name), key=str)


async def _push_all(context: ImageContext, names: Sequence[Reference], credentials: Credentials, report: Report) -> None:
    report(Progress(f"The push refers to repository [{names[0].name}]"))
    for name in names:
        if image := context.store.named(name):
            await _push(context, name, image, credentials, report)


async def _push(context: ImageContext, name: Reference, image: StoredImage, credentials: Credentials, report: Report) -> None:
    held = held_manifest(context.store, image)
    for layer in held.manifest.layers:
        report(Progress("Preparing", short(layer.digest)))
    slots = anyio.CapacityLimiter(_UPLOADS)
    with context.store.content.pins.hold(held.blobs), first_error():
        async with anyio.create_task_group() as group:
            for layer in {layer.digest: layer for layer in held.manifest.layers}.values():
                group.start_soon(_push_layer, context, name, layer, credentials, report, slots)
            group.start_soon(_push_blob, context, name, held.manifest.config, credentials, lambda _sent: None)
    await context.registry.push_manifest(name, held.content, held.descriptor.media_type, credentials)
    _conclude(context, name, image, held.descriptor, report)


async def _push_layer(
    context: ImageContext,
    name: Reference,
    layer: Descriptor,
    credentials: Credentials,
    report: Report,
    slots: anyio.CapacityLimiter,
) -> None:
    async with slots:
        meter = Meter(report, "Pushing", short(layer.digest), layer.size)
        sent = await _push_blob(context, name, layer, credentials, meter.show)
    report(Progress("Pushed" if sent else "Layer already exists", short(layer.digest)))


async def _push_blob(context: ImageContext, name: Reference, blob: Descriptor, credentials: Credentials, show: Show) -> bool:
    """Upload a blob, from its start again where the registry lost what it had. Return whether it was sent."""
    sources = mount_sources(context.store, name, blob.digest)
    for _ in range(_ATTEMPTS - 1):
        with suppress(UploadLost):
            return await _upload(context, name, blob, credentials, show, sources)
    return await _upload(context, name, blob, credentials, show, sources)


async def _upload(
    context: ImageContext, name: Reference, blob: Descriptor, credentials: Credentials, show: Show, sources: Sequence[Reference]
) -> bool:
    content = context.store.content.chunks(blob.digest, show)
    async with aclosing(content):
        return await context.registry.push_blob(name, blob, content, credentials, mount_from=sources)


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


def _conclude(context: ImageContext, name: Reference, image: StoredImage, pushed: Descriptor, report: Report) -> None:
    context.store.tag(image.id, Reference(name.domain, name.path, None, Digest(pushed.digest)))
    context.events.emit(EventType.IMAGE, "push", name.familiar, {**image.config.config.labels, "name": name.familiar_name})
    tag = name.tag or ""
    report(Progress(f"{tag}: digest: {pushed.digest} size: {pushed.size}"))
    report(Progress("", aux={"Tag": tag, "Digest": pushed.digest, "Size": pushed.size}))
