"""Storing what a build made: configuration, manifest, record and names."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from core.engine.images.context import ImageContext
from core.images.garbage import remove_blob
from core.images.references import check_name
from core.images.store import ImageRecord
from sdk.builder import NewImage
from sdk.errors import DataLoss, InvalidArgument
from sdk.oci.descriptor import OCI_CONFIG, OCI_MANIFEST, Descriptor
from sdk.oci.digest import ChainID, chain_ids, digest_of
from sdk.oci.image import Manifest, RootFS
from sdk.oci.reference import Reference, parse_reference


async def store_image(context: ImageContext, new: NewImage) -> tuple[str, Descriptor]:
    """Store an image over layers that are committed, name and announce it; return its ID and manifest. Idempotent."""
    names = tuple(_tag(name) for name in new.tags)
    image_id, descriptor = await keep_image(context, new)
    _announce(context, image_id, names)
    return image_id, descriptor


async def keep_image(context: ImageContext, new: NewImage) -> tuple[str, Descriptor]:
    """Store an image over layers that are committed; return its ID and manifest. Its tags are left alone. Idempotent."""
    chains = chain_ids(new.stack) if new.stack else ()
    config = msgspec.json.encode(replace(new.config, rootfs=RootFS(new.stack)))
    layers = tuple(_blob(context, chain) for chain in chains)
    annotations = new.annotations or msgspec.UNSET
    manifest = Manifest(Descriptor(OCI_CONFIG, digest_of(config), len(config)), layers, annotations=annotations)
    return await _record(context, new, (config, msgspec.json.encode(manifest)), chains)


def name_image(context: ImageContext, image_id: str, tags: Sequence[str]) -> Descriptor:
    """Name and announce an image that is here; return its manifest. Raises NoSuchImage, InvalidArgument."""
    image = context.store.get(image_id)
    _announce(context, image_id, tuple(_tag(tag) for tag in tags))
    return image.record.manifest


def _announce(context: ImageContext, image_id: str, names: Sequence[Reference]) -> None:
    """Point names at an image, and tell that it was made and how it is called."""
    for name in names:
        context.store.tag(image_id, name)
    context.announce("create", image_id, names[0].familiar if names else image_id)
    for name in names:
        context.announce("tag", image_id, name.familiar)


async def _record(
    context: ImageContext, new: NewImage, documents: tuple[bytes, bytes], chains: tuple[ChainID, ...]
) -> tuple[str, Descriptor]:
    store, (config, manifest) = context.store, documents
    held = (digest_of(manifest), digest_of(config), *(_blob(context, chain).digest for chain in chains))
    descriptor = Descriptor(OCI_MANIFEST, held[0], len(manifest))
    with store.content.pins.hold(held):
        await store.content.put(config)
        await store.content.put(manifest)
        parent = new.parent if new.parent in store else ""
        before = store.get(held[1]).record.manifest if held[1] in store else None
        store.add(held[1], ImageRecord(descriptor, held, store.layers.size(chains), parent))
    if before is not None and before != descriptor:
        await remove_blob(store, before.digest)
    return held[1], descriptor


def _blob(context: ImageContext, chain: ChainID) -> Descriptor:
    record = context.store.layers.get(chain)
    if record is None or record.blob is None:
        raise DataLoss(f"layer {chain} is not here any more")
    return record.blob


def _tag(text: str) -> Reference:
    name = parse_reference(text)
    if name.digest:
        raise InvalidArgument("refusing to create a tag with a digest reference")
    check_name(name)
    return name
