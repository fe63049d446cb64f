"""The manifest of a stored image over the blobs that can be had here.

A layer that was there already is not fetched again, even if the image names another blob of it (another compression), and a layer's
archive may have been dropped for a recipe. A push or an export of the image then names the blob that was kept, or the plain tar that
the recipe gives.
"""

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from core.images.documents import parse_index, parse_manifest
from core.images.layers.store import LayerRecord
from core.images.store import ImageStore, StoredImage
from sdk.errors import EngineError
from sdk.oci.descriptor import (
    DOCKER_LAYER,
    DOCKER_LAYER_GZIP,
    OCI_CONFIG,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
    Descriptor,
)
from sdk.oci.digest import digest_of
from sdk.oci.image import Index, Manifest
from sdk.oci.reference import Reference

_OCI_TYPES = {DOCKER_LAYER: OCI_LAYER, DOCKER_LAYER_GZIP: OCI_LAYER_GZIP}


@dataclass(frozen=True, slots=True)
class HeldManifest:
    """A manifest as bytes, described, and as read. Every blob it names is stored or can be rebuilt."""

    descriptor: Descriptor
    content: bytes
    manifest: Manifest

    @property
    def blobs(self) -> tuple[str, ...]:
        """Return the digests of the configuration and the layers."""
        return (self.manifest.config.digest, *(layer.digest for layer in self.manifest.layers))


def held_manifest(store: ImageStore, image: StoredImage) -> HeldManifest:
    """Return an image's own manifest, or one with what there is in place of the blobs that are not here."""
    own = own_manifest(store, image)
    records = [store.layers.get(chain) for chain in image.chains]
    layers = [_held(store, layer, record) for layer, record in zip(own.manifest.layers, records, strict=True)]
    return with_layers(own, tuple(layers))


def is_complete(store: ImageStore, image: StoredImage) -> bool:
    """Tell whether an image can be run and given away: nothing of it was lost."""
    try:
        layers = held_manifest(store, image).manifest.layers
    except EngineError:
        return False
    givable = all(store.content.exists(layer.digest) or store.layers.rebuildable(layer.digest) for layer in layers)
    return givable and all(chain in store.layers for chain in image.chains)


def own_manifest(store: ImageStore, image: StoredImage) -> HeldManifest:
    """Return the manifest an image came with; its blobs may not be here."""
    content = store.content.read(image.record.manifest.digest)
    return HeldManifest(image.record.manifest, content, parse_manifest(content))


@dataclass(frozen=True, slots=True)
class HeldIndex:
    """An index as bytes and as read, with the stored image of each of its entries."""

    content: bytes
    index: Index
    entries: tuple[tuple[Descriptor, StoredImage], ...]


def complete_index(store: ImageStore, name: Reference) -> HeldIndex | None:
    """Return the index a name stands for, if it is here with every image that it lists."""
    record = store.references.get(name)
    if record is None or not record.index or not store.content.exists(record.index):
        return None
    content = store.content.read(record.index)
    index = parse_index(content)
    images = [store.get(image_id) for image_id in record.images if image_id in store]
    kept = {image.record.manifest.digest: image for image in images}
    if not index.manifests or any(entry.digest not in kept for entry in index.manifests):
        return None
    return HeldIndex(content, index, tuple((entry, kept[entry.digest]) for entry in index.manifests))


def with_layers(held: HeldManifest, layers: tuple[Descriptor, ...]) -> HeldManifest:
    """Return a manifest with other blobs of the same layers: in OCI's words, for readers want one vocabulary in one manifest."""
    if layers == held.manifest.layers:
        return held
    layers = tuple(replace(layer, media_type=_OCI_TYPES.get(layer.media_type, layer.media_type)) for layer in layers)
    manifest = Manifest(config=replace(held.manifest.config, media_type=OCI_CONFIG), layers=layers)
    content = msgspec.json.encode(manifest)
    return HeldManifest(Descriptor(OCI_MANIFEST, digest_of(content), len(content)), content, manifest)


def _held(store: ImageStore, layer: Descriptor, record: LayerRecord | None) -> Descriptor:
    if record is None or store.content.exists(layer.digest):
        return layer
    if record.blob and store.content.exists(record.blob.digest):
        return record.blob
    return record.tar if record.tar and record.tar.digest != layer.digest else layer
