"""Choosing the manifest of a platform from an index (image-spec: image-index.md)."""

from sdk.errors import NotFound
from sdk.oci.descriptor import MANIFEST_TYPES, Descriptor, Platform, host, matches
from sdk.oci.image import Index

ATTESTATION, ATTESTED = "vnd.docker.reference.type", "vnd.docker.reference.digest"
"""Annotations of an attestation's entry in an index: that it is one, and of which manifest."""


def choose(index: Index, wanted: Platform | None) -> Descriptor:
    """Return the manifest for a platform, this machine's by default. Attestations are passed over. Raises NotFound."""
    platform = wanted or host()
    candidates = images_of(index)
    for entry in candidates:
        if entry.platform and matches(platform, entry.platform):
            return entry
    for entry in candidates:
        if entry.platform is None and wanted is None:
            return entry
    raise no_match(platform)


def images_of(index: Index) -> list[Descriptor]:
    """Return the manifests of images that an index lists, without attestations."""
    return [entry for entry in index.manifests if entry.media_type in MANIFEST_TYPES and ATTESTATION not in entry.annotations]


def attestations_of(index: Index, manifest: str) -> list[Descriptor]:
    """Return the attestations that an index lists of a manifest, by its digest."""
    return [entry for entry in index.manifests if ATTESTATION in entry.annotations and entry.annotations.get(ATTESTED) == manifest]


def no_match(platform: Platform) -> NotFound:
    """Return Docker's error for a platform that an image does not have."""
    shown = f"{platform}/v8" if platform.architecture == "arm64" and not platform.variant else str(platform)
    return NotFound(f"no matching manifest for {shown} in the manifest list entries")
