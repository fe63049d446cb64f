"""`docker save`: images as one tar that is an OCI layout and a docker-archive at once."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec
from msgspec import Struct

from core.engine.images.context import ImageContext
from core.images.manifests import HeldManifest, held_manifest
from core.images.store import StoredImage
from core.images.timestamps import nanoseconds
from sdk.errors import InvalidArgument, NoSuchImage
from sdk.oci.descriptor import OCI_INDEX, Descriptor, Platform
from sdk.oci.digest import ALGORITHMS, blob_name, digest_of
from sdk.oci.image import Index
from sdk.oci.reference import Reference, parse_reference

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_BLOCK = 512


class ArchiveEntry(Struct, rename="pascal"):
    """One image of a docker-archive's `manifest.json`; paths are names in the tar."""

    config: str
    repo_tags: tuple[str, ...] | None
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Saved:
    image: StoredImage
    held: HeldManifest
    names: tuple[Reference, ...]


async def save(context: ImageContext, refs: Sequence[str], platforms: Sequence[Platform] = ()) -> AsyncIterator[bytes]:
    """Yield the tar, with all platforms that are kept or those asked for. Raises NoSuchImage and NotFound before anything is yielded."""
    saved = _select(context, refs, platforms)
    blobs = dict.fromkeys(blob for entry in saved for blob in entry.held.blobs)
    chains = [chain for entry in saved for chain in entry.image.chains]
    made = {entry.image.id: max(nanoseconds(entry.image.config.created), 0) // 10**9 for entry in saved}
    with context.store.content.pins.hold(blobs), context.store.layers.pins.hold(chains):
        for blob in blobs:
            size = context.blobs.size(blob)
            yield _header(blob_name(blob), size, made.get(blob, 0))
            async with aclosing(context.blobs.read(blob)) as chunks:
                async for chunk in chunks:
                    yield chunk
            yield bytes(-size % _BLOCK)
        for name, document in _documents(saved):
            yield _header(name, len(document)) + document + bytes(-len(document) % _BLOCK)
    yield bytes(2 * _BLOCK)
    for entry in saved:
        context.announce("save", entry.image.id, entry.image.id)


def _select(context: ImageContext, refs: Sequence[str], platforms: Sequence[Platform]) -> list[_Saved]:
    found: dict[str, _Saved] = {}
    for ref in refs:
        for named, names in _named(context, ref):
            for image in _of_platforms(context, named, names, platforms):
                before = found.get(image.id) or _Saved(image, held_manifest(context.store, image), ())
                found[image.id] = replace(before, names=tuple(dict.fromkeys((*before.names, *names))))
    return list(found.values())


def _of_platforms(
    context: ImageContext, image: StoredImage, names: tuple[Reference, ...], platforms: Sequence[Platform]
) -> list[StoredImage]:
    """Return the images that names stand for, the one they point at last: engines that know one platform take the last one of a name."""
    if platforms:
        ref = names[0].familiar if names else image.id
        return [context.store.find_for(ref, platform) for platform in platforms]
    siblings = dict.fromkeys(each for name in names for each in context.store.siblings(image.id, name))
    return [context.store.get(each) for each in reversed(siblings or {image.id: None})]


def _named(context: ImageContext, ref: str) -> Iterator[tuple[StoredImage, tuple[Reference, ...]]]:
    """Return what a reference stands for: a bare repository for all of its tags, an ID for an image without names."""
    try:
        image = context.store.find(ref)
    except NoSuchImage:
        if not (tagged := _tags_of(context, ref)):
            raise
        yield from tagged
        return
    if image.id.startswith((ref, *(f"{algorithm}:{ref}" for algorithm in ALGORITHMS))):
        yield image, ()
        return
    yield from _tags_of(context, ref) or [(image, tuple(name for name in (parse_reference(ref),) if name.tag))]


def _tags_of(context: ImageContext, ref: str) -> list[tuple[StoredImage, tuple[Reference, ...]]]:
    try:
        wanted = parse_reference(ref, default_tag=False)
    except InvalidArgument:  # the whole of an ID, which is no name
        return []
    if wanted.tag or wanted.digest:
        return []
    names = [name for name in context.store.references if name.tag and name.name == wanted.name]
    return [(image, (name,)) for name in names if (image := context.store.named(name))]


def _documents(saved: Sequence[_Saved]) -> Iterator[tuple[str, bytes]]:
    for entry in saved:
        yield blob_name(entry.held.descriptor.digest), entry.held.content
    indexes = _indexes(saved)
    for digest, content in {described.digest: content for described, content in indexes.values() if content}.items():
        yield blob_name(digest), content
    named = [msgspec.structs.replace(target, annotations=_annotations(name)) for name, (target, _content) in indexes.items()]
    nameless = [entry.held.descriptor for entry in saved if not entry.names]
    yield "index.json", msgspec.json.encode(Index(manifests=(*named, *nameless)))
    yield "manifest.json", msgspec.json.encode([_archive_entry(entry) for entry in saved])
    yield "oci-layout", _LAYOUT


def _indexes(saved: Sequence[_Saved]) -> dict[Reference, tuple[Descriptor, bytes]]:
    """Return what each name stands for: the manifest of its one platform, or an index of several with its content."""
    found: dict[Reference, tuple[Descriptor, bytes]] = {}
    for name in dict.fromkeys(name for entry in saved for name in entry.names):
        entries = [entry for entry in saved if name in entry.names]
        if len(entries) == 1:
            found[name] = entries[0].held.descriptor, b""
            continue
        listed = (msgspec.structs.replace(each.held.descriptor, platform=each.image.config.platform) for each in reversed(entries))
        content = msgspec.json.encode(Index(manifests=tuple(listed)))
        found[name] = Descriptor(OCI_INDEX, digest_of(content), len(content)), content
    return found


def _annotations(name: Reference) -> dict[str, str]:
    return {"io.containerd.image.name": str(name), "org.opencontainers.image.ref.name": name.tag or ""}


def _archive_entry(saved: _Saved) -> ArchiveEntry:
    tags = tuple(name.familiar for name in saved.names if name.tag)
    return ArchiveEntry(
        blob_name(saved.image.id), tags or None, tuple(blob_name(layer.digest) for layer in saved.held.manifest.layers)
    )


def _header(name: str, size: int, seconds: int = 0) -> bytes:
    import tarfile  # noqa: PLC0415 - costs memory only where something is saved

    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o644, seconds
    return entry.tobuf(tarfile.GNU_FORMAT)
