"""Which manifest stands behind a name, for clients that pull from this engine.

A tag answers with what was pushed here under it; for an image that was pulled, with the index it came by, if that was kept and all
blobs of its manifest are here; else with a manifest of what is (`core.images.manifests`).
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec
from msgspec import Struct

from core.images.documents import parse_index
from core.images.manifests import HeldManifest, held_manifest
from core.images.store import ImageStore, StoredImage
from sdk.drivers.registry import ResolvedManifest
from sdk.errors import EngineError, NotFound
from sdk.oci.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor
from sdk.oci.reference import Reference


class _Probe(Struct, rename="camel"):
    media_type: str = ""
    manifests: msgspec.Raw = msgspec.Raw()


def served_manifest(store: ImageStore, reference: Reference) -> ResolvedManifest:
    """Return what a reference stands for. Raises NotFound."""
    digest = served_digest(store, reference)
    if digest is None:
        raise NotFound(f"manifest unknown: {reference.familiar}")
    if store.content.exists(digest):
        content = store.content.read(digest)
        return ResolvedManifest(Descriptor(_media_type(content), digest, len(content)), content)
    return next(held for held in _rewritten(store, reference) if held.descriptor.digest == digest)


def served_digest(store: ImageStore, reference: Reference) -> str | None:
    """Return the digest of what a reference stands for; None if it stands for nothing."""
    if reference.digest:
        return reference.digest if _is_served(store, reference, reference.digest) else None
    image, pushed = store.named(reference), store.hosted.tag(reference)
    if pushed and pushed.image == (image.id if image else "") and store.hosted.get(reference, pushed.digest):
        return pushed.digest
    return _digest_of_image(store, reference, image) if image else None


def served_tags(store: ImageStore, repository: Reference) -> list[str]:
    """Return the tags of a repository, sorted."""
    named = {name for name in store.references if name.tag and name.name == repository.name}
    hosted = {name for name, tag in store.hosted.tags() if name.name == repository.name and not tag.image}
    return sorted(name.tag for name in named | hosted if name.tag)


def _is_served(store: ImageStore, repository: Reference, digest: str) -> bool:
    by_digest = Reference(repository.domain, repository.path, None, repository.digest)
    named = store.named(by_digest)
    if store.hosted.get(repository, digest) or (named and _is_whole(store, named) and _leads_to(store, digest, named)):
        return True
    return any(held.descriptor.digest == digest for _, held in _held_manifests(store, repository))


def _is_whole(store: ImageStore, image: StoredImage) -> bool:
    """Tell whether all blobs of an image's own manifest are here."""
    return held_manifest(store, image).descriptor == image.record.manifest


def _leads_to(store: ImageStore, digest: str, image: StoredImage) -> bool:
    """Tell whether a digest is here, and of an image's own manifest or of an index with it. The image may have come by others, too."""
    own = image.record.manifest.digest
    if digest == own or not store.content.exists(digest):
        return digest == own
    return any(entry.digest == own for entry in parse_index(store.content.read(digest)).manifests)


def _digest_of_image(store: ImageStore, repository: Reference, image: StoredImage) -> str:
    held = held_manifest(store, image).descriptor.digest
    if held != image.record.manifest.digest:
        return held
    names = [name for name in store.names(image.id) if name.name == repository.name]
    known = [name for name in names if name.digest and _leads_to(store, name.digest, image)]
    records = [(record.tagged_ns, name.digest) for name in known if (record := store.references.get(name))]
    return max(records, default=(0, held))[1] or held


def _rewritten(store: ImageStore, repository: Reference) -> Iterator[ResolvedManifest]:
    """Yield the manifests of a repository's images that were never stored: some of the blobs the stored ones name are not here."""
    for image, held in _held_manifests(store, repository):
        if held.descriptor.digest != image.record.manifest.digest:
            yield ResolvedManifest(held.descriptor, held.content)


def _held_manifests(store: ImageStore, repository: Reference) -> Iterator[tuple[StoredImage, HeldManifest]]:
    """Yield a repository's images with their manifests, but for images whose manifest was lost: they cost the others nothing."""
    for image in _images(store, repository):
        with suppress(EngineError):
            yield image, held_manifest(store, image)


def _images(store: ImageStore, repository: Reference) -> Iterator[StoredImage]:
    records = (store.references.get(name) for name in store.references if name.name == repository.name)
    for image_id in dict.fromkeys(image for record in records if record for image in record.images):
        if image_id in store:
            yield store.get(image_id)


def _media_type(content: bytes) -> str:
    probe = msgspec.json.decode(content, type=_Probe)
    return probe.media_type or (OCI_INDEX if bytes(probe.manifests) else OCI_MANIFEST)
