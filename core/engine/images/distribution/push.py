"""`docker push`: blobs in parallel, then the manifest; of a name of several platforms each in turn, and then their index."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager

import anyio
import msgspec
from msgspec.structs import replace

from core.engine.images.context import ImageContext
from core.engine.images.distribution.push_layer import Target, push_blob, push_layer
from core.engine.images.tag import tag_reference
from core.images.manifests import HeldIndex, HeldManifest, complete_index, own_manifest, with_layers
from core.images.receiving.fetcher import short
from core.images.receiving.installer import first_error
from core.images.receiving.progress import Report, reported
from core.images.store import StoredImage
from sdk.drivers.registry import Credentials
from sdk.engine.images import Progress
from sdk.errors import NotFound
from sdk.events import EventType
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.digest import ChainID, Digest, digest_of
from sdk.oci.reference import Reference, parse_reference


async def push(
    context: ImageContext, ref: str, tag: str, credentials: Credentials, platform: Platform | None = None
) -> AsyncIterator[Progress]:
    """Push one tag, or without one every tag of a repository; see `sdk.engine.Images.push`.

    A name of an index is pushed with all its platforms if all are here, else with the one for this machine; and with a `platform` that.

    Raises NotFound with Docker's sentence if there is nothing of that name, or of that platform under it, here.
    """
    names = _names(context, ref, tag)
    if not names:
        raise NotFound(f"An image does not exist locally with the tag: {parse_reference(ref).familiar_name}")
    images = {name: context.store.find_for(name.familiar, platform) for name in names}
    whole = platform is None
    async with aclosing(reported(lambda report: _push_all(context, images, credentials, report, whole=whole))) as steps:
        async for step in steps:
            yield step


def _names(context: ImageContext, ref: str, tag: str) -> list[Reference]:
    asked = parse_reference(ref, default_tag=False)
    if tag or asked.tag:
        name = tag_reference(ref, tag)
        return [name] if context.store.named(name) else []
    return sorted((name for name in context.store.references if name.tag and name.name == asked.name), key=str)


async def _push_all(
    context: ImageContext, images: Mapping[Reference, StoredImage], credentials: Credentials, report: Report, *, whole: bool
) -> None:
    report(Progress(f"The push refers to repository [{next(iter(images)).name}]"))
    for name, image in images.items():
        if image.id not in context.store:
            continue
        if whole and (held := complete_index(context.store, name)):
            pushed = await _push_index(context, name, held, credentials, report)
        else:
            pushed = await _push_manifest(context, name, image, credentials, report)
        _conclude(context, name, image, pushed, report)


async def _push_index(
    context: ImageContext, name: Reference, held: HeldIndex, credentials: Credentials, report: Report
) -> Descriptor:
    """Push each platform's image by its digest, and then the index: as it came, or with what the images have become."""
    entries = []
    for entry, image in held.entries:
        made = await _push_manifest(context, name, image, credentials, report, by_digest=True)
        entries.append(replace(entry, media_type=made.media_type, digest=made.digest, size=made.size))
    index = replace(held.index, manifests=tuple(entries))
    content = held.content if index == held.index else msgspec.json.encode(index)
    await context.registry.push_manifest(name, content, index.media_type, credentials)
    return Descriptor(index.media_type, digest_of(content), len(content))


async def _push_manifest(
    context: ImageContext,
    name: Reference,
    image: StoredImage,
    credentials: Credentials,
    report: Report,
    *,
    by_digest: bool = False,
) -> Descriptor:
    """Push what an image consists of, and its manifest under the name, or by its digest to the repository alone."""
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
    place = Reference(name.domain, name.path, None, Digest(held.descriptor.digest)) if by_digest else name
    await context.registry.push_manifest(place, held.content, held.descriptor.media_type, credentials)
    return held.descriptor


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
