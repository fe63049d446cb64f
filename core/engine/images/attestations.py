"""`GET /images/{name}/attestations`: in-toto statements that an index attaches to an image (image-spec: image-index.md).

What an archive brought of them is kept with the image. A pull leaves them where they are: they are fetched when they are asked for.
"""

from collections.abc import AsyncIterator, Collection, Iterator

import msgspec

from core.engine.images.context import ImageContext
from core.engine.images.manifests import index_of
from core.images.documents import parse_index, parse_manifest, require_short
from core.images.platforms import attestations_of
from core.images.store import StoredImage
from sdk.drivers.registry import Credentials
from sdk.engine.images import Attestation
from sdk.errors import DataLoss, EngineError, NotFound
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.digest import digest_of, parse_digest
from sdk.oci.reference import Reference
from sdk.text import UNREADABLE

_STATEMENT = "application/vnd.in-toto+json"
_PREDICATE = "in-toto.io/predicate-type"
_ANONYMOUS = Credentials()


async def attestations(
    context: ImageContext, ref: str, platform: Platform | None, types: Collection[str], *, statements: bool
) -> list[Attestation]:
    """Return the statements attached to the image of a platform, with their text if asked for; some types of predicate, or all.

    Raises NoSuchImage, NotFound for a platform that is not kept, DataLoss for statements that are none, and what the registry raises.
    """
    image = context.store.find_for(ref, platform)
    found = []
    async for origin, layer in _layers(context, image):
        predicate = layer.annotations.get(_PREDICATE, "")
        if layer.media_type != _STATEMENT or (types and predicate not in types):
            continue
        found.append(Attestation(layer, predicate, await _statement(context, origin, layer) if statements else None))
    return found


async def _layers(context: ImageContext, image: StoredImage) -> AsyncIterator[tuple[tuple[Reference, ...], Descriptor]]:
    """Yield the layers of the attestations' manifests, each with the repositories it may be fetched from."""
    if not (index := index_of(context, image)):
        return
    origins = tuple(_origins(context, image, index))
    for entry in attestations_of(parse_index(context.store.content.read(index)), image.record.manifest.digest):
        require_short(entry)
        for layer in parse_manifest(await _content(context, origins, entry, is_manifest=True)).layers:
            yield origins, layer


def _origins(context: ImageContext, image: StoredImage, index: str) -> Iterator[Reference]:
    return (name for name in context.store.all_names(image.id) if name.digest == index)


async def _statement(context: ImageContext, origins: tuple[Reference, ...], layer: Descriptor) -> bytes:
    require_short(layer)
    content = await _content(context, origins, layer, is_manifest=False)
    try:
        msgspec.json.decode(content.decode(), type=dict[str, msgspec.Raw])
    except UNREADABLE:
        raise DataLoss(f"attestation {layer.digest} is no JSON object") from None
    return content


async def _content(context: ImageContext, origins: tuple[Reference, ...], blob: Descriptor, *, is_manifest: bool) -> bytes:
    """Return content that is here, or from the first repository that has it. Raises what the last one says."""
    digest = parse_digest(blob.digest)
    if context.store.content.exists(digest):
        return context.store.content.read(digest)
    failure: EngineError = NotFound(f"content {digest}: not found")
    for origin in origins:
        try:
            return await _fetched(context, Reference(origin.domain, origin.path, None, digest), blob, is_manifest=is_manifest)
        except EngineError as error:
            failure = error
    raise failure


async def _fetched(context: ImageContext, source: Reference, blob: Descriptor, *, is_manifest: bool) -> bytes:
    if is_manifest:
        return (await context.registry.resolve(source, _ANONYMOUS)).content
    async with context.registry.fetch(source, blob, _ANONYMOUS) as chunks:
        content = b"".join([chunk async for chunk in chunks])
    if digest_of(content, blob.digest) != blob.digest:
        raise DataLoss(f"content {blob.digest}: the registry sent something else")
    return content
