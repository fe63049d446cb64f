"""The manifest of a stored image over the blobs that are really here.

A layer that was there already is not fetched again, even if the image names another blob of it (another compression). Whoever gives an
image away then names the blob that was kept.
"""

from dataclasses import dataclass

import msgspec

from core.images.documents import parse_manifest
from core.images.store import ImageStore, StoredImage
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.digest import ChainID, digest_of
from sdk.oci.image import Manifest


@dataclass(frozen=True, slots=True)
class HeldManifest:
    """A manifest as bytes, described, and as read. Every blob it names is in the content store."""

    descriptor: Descriptor
    content: bytes
    manifest: Manifest

    @property
    def blobs(self) -> tuple[str, ...]:
        """Return the digests of the configuration and the layers."""
        return (self.manifest.config.digest, *(layer.digest for layer in self.manifest.layers))


def held_manifest(store: ImageStore, image: StoredImage) -> HeldManifest:
    """Return an image's own manifest, or if blobs of it were never fetched, one with those kept in their place."""
    content = store.content.read(image.record.manifest.digest)
    manifest = parse_manifest(content)
    layers = tuple(_held(store, layer, chain) for layer, chain in zip(manifest.layers, image.chains, strict=True))
    if layers == manifest.layers:
        return HeldManifest(image.record.manifest, content, manifest)
    manifest = Manifest(config=manifest.config, layers=layers)
    content = msgspec.json.encode(manifest)
    return HeldManifest(Descriptor(OCI_MANIFEST, digest_of(content), len(content)), content, manifest)


def _held(store: ImageStore, layer: Descriptor, chain: ChainID) -> Descriptor:
    record = store.layers.get(chain)
    return layer if store.content.exists(layer.digest) or record is None or record.blob is None else record.blob
