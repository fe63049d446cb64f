"""`docker load`: images from an archive."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from pathlib import Path

import anyio
import msgspec
from anyio.to_thread import run_sync

from core.engine.image_context import ImageContext
from core.images.archive import Archive, ArchivedImage
from core.images.content import ContentStore
from core.images.diskspace import writing
from core.images.documents import parse_config, parse_manifest
from core.images.fetcher import short
from core.images.garbage import remove_blob
from core.images.installer import Layer
from core.images.progress import Report, reported
from core.images.store import ImageRecord
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_CONFIG, Descriptor
from sdk.oci.digest import chain_ids, digest_of, parse_digest
from sdk.oci.image import Manifest


async def load(context: ImageContext, content: AsyncIterator[bytes], *, quiet: bool) -> AsyncIterator[Progress]:
    """Load every image of an archive; see `sdk.engine.Images.load`."""
    async with aclosing(reported(lambda report: _run(context, content, report, quiet=quiet))) as steps:
        async for step in steps:
            yield step


@asynccontextmanager
async def spooled(store: ContentStore, content: AsyncIterator[bytes]) -> AsyncIterator[Path]:
    """Write a stream to a temporary file beside the blobs, and delete what is left of it in the end."""
    with store.temporary("spool") as path:
        with writing(path), path.open("wb") as file:
            async for chunk in content:
                await run_sync(file.write, chunk, limiter=store.limiter)
        yield path


async def _run(context: ImageContext, content: AsyncIterator[bytes], report: Report, *, quiet: bool) -> None:
    show: Report = (lambda _progress: None) if quiet else report
    async with spooled(context.store.content, content) as path, _opened(context, path) as archive:
        for image in await run_sync(archive.images, None, limiter=context.store.content.limiter):
            image_id = await _load_whole(context, archive, image, show)
            for line in [f"Loaded image: {name.familiar}" for name in image.names] or [f"Loaded image ID: {image_id}"]:
                report(Progress("", stream=f"{line}\n"))


@asynccontextmanager
async def _opened(context: ImageContext, path: Path) -> AsyncIterator[Archive]:
    limiter = context.store.content.limiter
    archive = await run_sync(Archive, path, limiter=limiter)
    try:
        yield archive
    finally:
        archive.close()


async def _load_whole(context: ImageContext, archive: Archive, image: ArchivedImage, report: Report) -> str:
    """Load one image, or leave no blob of it that no other image has."""
    brought: list[str] = []
    try:
        return await _load(context, archive, image, report, brought)
    except BaseException:
        with anyio.CancelScope(shield=True):
            for digest in brought:
                await remove_blob(context.store, digest)
        raise


async def _load(context: ImageContext, archive: Archive, image: ArchivedImage, report: Report, brought: list[str]) -> str:
    """Install and record one image of an archive; return its ID. `brought` gets the digests of what is stored on the way."""
    store = context.store
    config = await run_sync(archive.read, image.config, limiter=store.content.limiter)
    diff_ids = tuple(parse_digest(diff_id) for diff_id in parse_config(config).rootfs.diff_ids)
    if len(diff_ids) != len(image.layers):
        raise DataLoss(f"invalid manifest, layers length mismatch: expected {len(image.layers)}, got {len(diff_ids)}")
    chains = chain_ids(diff_ids)
    with ExitStack() as pins:
        pins.enter_context(store.layers.pins.hold(chains))
        blobs = []
        for name in image.layers:
            blobs.append(await _layer(context, archive, name, pins, report))
            brought.append(blobs[-1].digest)
        content = _manifest(image, Descriptor(OCI_CONFIG, digest_of(config), len(config)), blobs)
        held = (digest_of(content), digest_of(config), *(blob.digest for blob in blobs))
        pins.enter_context(store.content.pins.hold(held[:2]))
        brought += held[:2]
        await store.content.put(config)
        await store.content.put(content)
        await context.installer.install([Layer(*pair) for pair in zip(blobs, diff_ids, strict=True)], None, lambda _progress: None)
        descriptor = Descriptor(parse_manifest(content).media_type, digest_of(content), len(content))
        store.add(held[1], ImageRecord(descriptor, held, store.layers.size(chains)), image.names)
    context.announce("load", held[1], held[1])
    await context.dropper.drop([held[1]])
    return held[1]


async def _layer(context: ImageContext, archive: Archive, name: str, pins: ExitStack, report: Report) -> Descriptor:
    """Bring one layer's blob into the content store, and keep it there until the pins are let go."""
    content = context.store.content
    with content.temporary("layer") as temporary:
        blob = await run_sync(archive.copy, name, temporary, limiter=content.limiter)
        report(Progress("Loading layer", short(blob.digest), blob.size, blob.size))
        pins.enter_context(content.pins.hold((blob.digest,)))
        await content.adopt(temporary, blob.digest)
    return blob


def _manifest(image: ArchivedImage, config: Descriptor, layers: list[Descriptor]) -> bytes:
    """Return the archive's own manifest if it is about these very blobs, else a new one."""
    if image.manifest:
        own = parse_manifest(image.manifest)
        if [layer.digest for layer in own.layers] == [layer.digest for layer in layers]:
            return image.manifest
    return msgspec.json.encode(Manifest(config=config, layers=tuple(layers)))
