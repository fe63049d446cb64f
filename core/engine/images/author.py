"""Making a new image: one more layer on an image or on nothing, recorded under a name."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio
import msgspec

from core.engine.images.context import ImageContext
from core.images.garbage import remove_blob
from core.images.manifests import own_manifest
from core.images.receiving.arriving import ArrivingLayer, arriving
from core.images.store import ImageRecord, StoredImage
from core.images.timestamps import rfc3339
from sdk.oci.descriptor import OCI_CONFIG, OCI_MANIFEST, Descriptor, Platform
from sdk.oci.digest import Digest, chain_ids, digest_of
from sdk.oci.image import ExecutionConfig, History, ImageConfig, Manifest, RootFS
from sdk.oci.reference import Reference


@dataclass(frozen=True, slots=True)
class NewImage:
    """What is to be made. `history` lacks its time, which is now; `name` None leaves the image without one."""

    base: StoredImage | None
    platform: Platform
    config: ExecutionConfig
    history: History
    author: str = ""
    name: Reference | None = None


async def author(context: ImageContext, new: NewImage, layer: AsyncIterator[bytes]) -> str:
    """Make an image whose top layer is the given tar, of any compression, and return its ID."""
    with arriving(context.store.content, layer) as coming:
        try:
            image_id = await _make(context, new, coming)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await remove_blob(context.store, coming.blob.digest)
            raise
    await context.dropper.drop([image_id])
    return image_id


async def _make(context: ImageContext, new: NewImage, layer: ArrivingLayer) -> str:
    below = tuple(Digest(diff_id) for diff_id in new.base.config.rootfs.diff_ids) if new.base else ()
    async with context.installer.arrived(layer, below) as diff_id:
        return await _record(context, new, layer.blob, (*below, diff_id))


async def _record(context: ImageContext, new: NewImage, blob: Descriptor, diff_ids: tuple[Digest, ...]) -> str:
    store, chains = context.store, chain_ids(diff_ids)
    config = msgspec.json.encode(_config(new, diff_ids))
    layers = (*(own_manifest(store, new.base).manifest.layers if new.base else ()), blob)
    manifest = msgspec.json.encode(Manifest(config=Descriptor(OCI_CONFIG, digest_of(config), len(config)), layers=layers))
    held = (digest_of(manifest), digest_of(config), *(layer.digest for layer in layers))
    with store.content.pins.hold(held):
        await store.content.put(config)
        await store.content.put(manifest)
        descriptor = Descriptor(OCI_MANIFEST, held[0], len(manifest))
        record = ImageRecord(descriptor, held, store.layers.size(chains), new.base.id if new.base else "")
        store.add(held[1], record, (new.name,) if new.name else ())
    return held[1]


def _config(new: NewImage, diff_ids: tuple[Digest, ...]) -> ImageConfig:
    now = rfc3339(time.time_ns())
    return ImageConfig(
        architecture=new.platform.architecture,
        os=new.platform.os,
        variant=new.platform.variant,
        rootfs=RootFS(diff_ids),
        config=new.config,
        created=now,
        author=new.author,
        history=(*(new.base.config.history if new.base else ()), msgspec.structs.replace(new.history, created=now)),
    )
