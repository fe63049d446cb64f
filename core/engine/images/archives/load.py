"""`docker load`: images from an archive."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import anyio
import msgspec
from anyio.to_thread import run_sync
from msgspec.structs import replace

from core.engine.images.context import ImageContext
from core.images.content.store import ContentStore
from core.images.documents import parse_config, parse_manifest
from core.images.garbage import remove_blob
from core.images.manifests import is_complete
from core.images.receiving.fetcher import short
from core.images.receiving.installer import Layer
from core.images.receiving.progress import Report, reported
from core.images.saved.archived import ArchivedImage, Member
from core.images.saved.unarchive import unarchive
from core.images.store import ImageRecord
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_CONFIG, Descriptor, Platform
from sdk.oci.digest import chain_ids, digest_of, parse_digest
from sdk.oci.image import Manifest
from sdk.oci.reference import Reference, parse_reference


async def load(
    context: ImageContext, content: AsyncIterator[bytes], *, quiet: bool, platforms: Sequence[Platform] = ()
) -> AsyncIterator[Progress]:
    """Load every image of an archive; see `sdk.engine.Images.load`."""
    async with aclosing(reported(lambda report: _run(context, content, report, platforms, quiet=quiet))) as steps:
        async for step in steps:
            yield step


async def _run(
    context: ImageContext, content: AsyncIterator[bytes], report: Report, platforms: Sequence[Platform], *, quiet: bool
) -> None:
    show: Report = (lambda _progress: None) if quiet else report
    said: set[str] = set()
    async with (
        context.store.content.temporary_directory("load") as files,
        aclosing(unarchive(content, files, platforms)) as images,
    ):
        async for image in images:
            # not names by digest: they say where an image is from, and an archive cannot prove that
            names = tuple(name for name in map(parse_reference, image.names) if not name.digest)
            image_id = await _bring(context, files, image, names, show)
            for line in [f"Loaded image: {name.familiar}" for name in names] or [f"Loaded image ID: {image_id}"]:
                if line not in said:
                    report(Progress("", stream=f"{line}\n"))
                said.add(line)


async def _bring(context: ImageContext, files: Path, image: ArchivedImage, names: tuple[Reference, ...], report: Report) -> str:
    """Load one image and return its ID. One that is here already, and whole, only gets its names: its own manifest and archives stay."""
    image_id = image.config.digest
    if image_id in context.store and is_complete(context.store, context.store.get(image_id)):
        index = await _stored_index(context, files, image)
        for name in names:
            context.store.point(name, image_id, index)
    else:
        await _load_whole(context, files, image, names, report)
        await context.dropper.drop([image_id])
    context.announce("load", image_id, image_id)
    return image_id


async def _load_whole(
    context: ImageContext, files: Path, image: ArchivedImage, names: tuple[Reference, ...], report: Report
) -> None:
    """Load one image, or leave no blob of it that no other image has."""
    brought: list[str] = []
    try:
        await _load(context, files, image, names, report, brought)
    except BaseException:
        with anyio.CancelScope(shield=True):
            for digest in brought:
                await remove_blob(context.store, digest)
        raise


async def _load(
    context: ImageContext, files: Path, image: ArchivedImage, names: tuple[Reference, ...], report: Report, brought: list[str]
) -> None:
    """Install and record one image of an archive. `brought` gets the digests of what is stored on the way."""
    store = context.store
    config = await _read(store.content, files, image.config)
    diff_ids = tuple(parse_digest(diff_id) for diff_id in parse_config(config).rootfs.diff_ids)
    if len(diff_ids) != len(image.layers):
        raise DataLoss(f"invalid manifest, layers length mismatch: expected {len(image.layers)}, got {len(diff_ids)}")
    chains = chain_ids(diff_ids)
    descriptor, manifest = await _manifest(store.content, files, image)
    blobs = [_descriptor(layer) for layer in image.layers]
    index = (image.index.digest,) if image.index else ()
    attached = tuple(member.digest for member in image.attached)
    held = (descriptor.digest, *index, *attached, image.config.digest, *(blob.digest for blob in blobs))
    with store.layers.pins.hold(chains), store.content.pins.hold(held):
        brought += held
        await _stored_index(context, files, image)
        await store.content.put(config, image.config.digest)
        await store.content.put(manifest, descriptor.digest)
        archive = _Archive(store.content, files, (*image.layers, *image.attached), report)
        await context.installer.install(
            [Layer(*pair) for pair in zip(blobs, diff_ids, strict=True)], archive, lambda _progress: None
        )
        for blob in (*blobs, *map(_descriptor, image.attached)):
            await archive.fetch(blob, report)
        store.add(image.config.digest, ImageRecord(descriptor, held, store.layers.size(chains)), names, *index)


class _Archive:
    """The files of an archive, as the source of an image's layers: while one is synced, others are unpacked."""

    def __init__(self, content: ContentStore, files: Path, layers: Sequence[Member], report: Report) -> None:
        self._content = content
        self._files = files
        self._layers = {layer.digest: layer for layer in layers}
        self._report = report
        self._turn = anyio.Lock()

    async def fetch(self, blob: Descriptor, report: Report) -> None:
        """Make a file a blob. It stays where it is too, for another image may have it."""
        del report
        async with self._turn:
            if self._content.exists(blob.digest):
                return
            with self._content.temporary("layer") as temporary:
                await run_sync(os.link, self._files / self._layers[blob.digest].file, temporary, limiter=self._content.limiter)
                await self._content.adopt(temporary, blob.digest)
        self._report(Progress("Loading layer", short(blob.digest), blob.size, blob.size))

    def stream(self, blob: Descriptor, report: Report) -> None:
        """What is on the disk already does not come in pieces."""
        del blob, report


async def _stored_index(context: ImageContext, files: Path, image: ArchivedImage) -> str:
    """Store the index that lists an image, if there is one, and return its digest. The caller lets a name stand for it at once."""
    if image.index is None:
        return ""
    return await context.store.content.put(await _read(context.store.content, files, image.index), image.index.digest)


async def _read(content: ContentStore, files: Path, document: Member) -> bytes:
    return await run_sync((files / document.file).read_bytes, limiter=content.limiter)


async def _manifest(content: ContentStore, files: Path, image: ArchivedImage) -> tuple[Descriptor, bytes]:
    """Return the archive's own manifest if it is about these very blobs, else a new one."""
    if image.manifest:
        own = await _read(content, files, image.manifest)
        named = parse_manifest(own)
        if [part.digest for part in (named.config, *named.layers)] == [part.digest for part in (image.config, *image.layers)]:
            return Descriptor(named.media_type, image.manifest.digest, len(own)), own
    config = replace(_descriptor(image.config), media_type=OCI_CONFIG)
    made = Manifest(config=config, layers=tuple(_descriptor(layer) for layer in image.layers))
    encoded = msgspec.json.encode(made)
    return Descriptor(made.media_type, digest_of(encoded), len(encoded)), encoded


def _descriptor(member: Member) -> Descriptor:
    return Descriptor(member.media_type, member.digest, member.size)
