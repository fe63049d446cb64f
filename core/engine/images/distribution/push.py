"""`docker push`: blobs in parallel, then the manifest."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager

import anyio

from core.engine.images.context import ImageContext
from core.engine.images.distribution.push_layer import Target, push_blob, push_layer
from core.engine.images.tag import tag_reference
from core.images.manifests import HeldManifest, own_manifest, with_layers
from core.images.receiving.fetcher import short
from core.images.receiving.installer import first_error
from core.images.receiving.progress import Report, reported
from core.images.store import StoredImage
from sdk.drivers.registry import Credentials
from sdk.engine.images import Progress
from sdk.errors import NotFound
from sdk.events import EventType
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.digest import ChainID, Digest
from sdk.oci.reference import Reference, parse_reference


async def push(
    context: ImageContext, ref: str, tag: str, credentials: Credentials, platform: Platform | None = None
) -> AsyncIterator[Progress]:
    """Push one tag, or without one every tag of a repository; see `sdk.engine.Images.push`.

    Raises NotFound with Docker's sentence if there is nothing of that name, or of that platform under it, here.
    """
    names = _names(context, ref, tag)
    if not names:
        raise NotFound(f"An image does not exist locally with the tag: {parse_reference(ref).familiar_name}")
    images = {name: context.store.find_for(name.familiar, platform) for name in names}
    async with aclosing(reported(lambda report: _push_all(context, images, credentials, report))) as steps:
        async for step in steps:
            yield step


def _names(context: ImageContext, ref: str, tag: str) -> list[Reference]:
    asked = parse_reference(ref, default_tag=False)
    if tag or asked.tag:
        name = tag_reference(ref, tag)
        return [name] if context.store.named(name) else []
    return sorted((name for name in context.store.references if name.tag and name.name == asked.name), key=str)


async def _push_all(
    context: ImageContext, images: Mapping[Reference, StoredImage], credentials: Credentials, report: Report
) -> None:
    report(Progress(f"The push refers to repository [{next(iter(images)).name}]"))
    for name, image in images.items():
        if image.id in context.store:
            await _push(context, name, image, credentials, report)


async def _push(context: ImageContext, name: Reference, image: StoredImage, credentials: Credentials, report: Report) -> None:
    own, target = own_manifest(context.store, image), Target(name, credentials)
    for layer in own.manifest.layers:
        report(Progress("Preparing", short(layer.digest)))
    pushed: dict[str, Descriptor] = {}

    async def push_one(layer: Descriptor, chain: ChainID) -> None:
        async with context.uploads:
            pushed[layer.digest] = await push_layer(context, target, layer, chain, report)

    with _held(context, image, own), first_error():
        async with anyio.create_task_group() as group:
            pairs = zip(own.manifest.layers, image.chains, strict=True)
            for layer, chain in {layer.digest: (layer, chain) for layer, chain in pairs}.values():
                group.start_soon(push_one, layer, chain)
            group.start_soon(push_blob, context, target, own.manifest.config)
    held = with_layers(own, tuple(pushed[layer.digest] for layer in own.manifest.layers))
    await context.registry.push_manifest(name, held.content, held.descriptor.media_type, credentials)
    _conclude(context, name, image, held.descriptor, report)


@contextmanager
def _held(context: ImageContext, image: StoredImage, own: HeldManifest) -> Iterator[None]:
    """Keep an image's layers, and the archives that are here of them, while it is pushed."""
    records = (context.store.layers.get(chain) for chain in image.chains)
    known = (*own.blobs, *(record.blob.digest for record in records if record and record.blob))
    stored = [blob for blob in known if context.store.content.exists(blob)]
    with context.store.content.pins.hold(stored), context.store.layers.pins.hold(image.chains):
        yield


def _conclude(context: ImageContext, name: Reference, image: StoredImage, pushed: Descriptor, report: Report) -> None:
    context.store.tag(image.id, Reference(name.domain, name.path, None, Digest(pushed.digest)))
    context.events.emit(EventType.IMAGE, "push", name.familiar, {**image.config.config.labels, "name": name.familiar_name})
    tag = name.tag or ""
    report(Progress(f"{tag}: digest: {pushed.digest} size: {pushed.size}"))
    report(Progress("", aux={"Tag": tag, "Digest": pushed.digest, "Size": pushed.size}))
