"""Archives of layers: without one, or a recipe that gives it back, an image runs but cannot be pushed or saved."""

from collections.abc import Collection, Iterator

from core.engine.images.context import ImageContext
from core.engine.repair.finding import Finding
from core.engine.repair.sources import Sources, called, remedy
from core.images.manifests import own_manifest
from core.images.store import StoredImage
from sdk.errors import EngineError
from sdk.oci.descriptor import Descriptor


def bare_layers(context: ImageContext, bad: Collection[str]) -> Iterator[tuple[StoredImage, str]]:
    """Yield the layers of images that can be had as an archive no more; damaged blobs count as missing."""
    for image in context.store:
        for chain in image.chains:
            record = context.store.layers.get(chain)
            has_recipe = record is not None and _is_there(context, record.recipe, bad)
            if not has_recipe and not any(_is_there(context, blob.digest, bad) for _, blob in known_archives(context, chain)):
                yield image, chain


def described(context: ImageContext, image: StoredImage, chain: str) -> Finding:
    """Say what a bare layer is a finding of."""
    return Finding("archive", called(context, image.id), f"the archive of layer {chain} is missing", remedy(context, image.id))


async def mend_archives(context: ImageContext, sources: Sources) -> None:
    """Forget recipes that are gone, and fetch the archives of what has neither."""
    for chain in context.store.layers:
        record = context.store.layers.get(chain)
        if record and record.recipe and not context.store.content.exists(record.recipe):
            context.store.layers.put(chain, record.with_recipe("", 0))
    for _image, chain in tuple(bare_layers(context, ())):
        await archive_of(context, sources, chain)


async def archive_of(context: ImageContext, sources: Sources, chain: str) -> Descriptor | None:
    """Return an archive of a layer that is in the content store, if need be by now; None if it cannot be had."""
    known = list(known_archives(context, chain))
    for _, blob in known:
        if context.store.content.exists(blob.digest):
            return blob
    for image_id, blob in known:
        if await sources.blob(image_id, blob):
            return blob
    return None


def known_archives(context: ImageContext, chain: str) -> Iterator[tuple[str, Descriptor]]:
    """Yield the archives that a layer came as or was given away as, each with an image it belongs to."""
    images = owners(context, chain)
    record = context.store.layers.get(chain)
    if record and record.blob:
        yield from ((image.id, record.blob) for image in images or ())
    for image in images:
        try:
            layers = own_manifest(context.store, image).manifest.layers
        except EngineError:
            continue  # its manifest is missing, which is a finding of its own
        yield from ((image.id, blob) for owned, blob in zip(image.chains, layers, strict=False) if owned == chain)


def owners(context: ImageContext, chain: str) -> list[StoredImage]:
    """Return the images that have a layer."""
    return [image for image in context.store if chain in image.chains]


def _is_there(context: ImageContext, digest: str, bad: Collection[str]) -> bool:
    return bool(digest) and digest not in bad and context.store.content.exists(digest)
