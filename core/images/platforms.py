"""Choosing the manifest of a platform from an index (image-spec: image-index.md)."""

from sdk.errors import NotFound
from sdk.oci.descriptor import MANIFEST_TYPES, Descriptor, Platform, host, matches
from sdk.oci.image import Index

_ATTESTATION = "vnd.docker.reference.type"


def choose(index: Index, wanted: Platform | None) -> Descriptor:
    """Return the manifest for a platform, this machine's by default. Attestations are passed over. Raises NotFound."""
    platform = wanted or host()
    candidates = [
        entry for entry in index.manifests if entry.media_type in MANIFEST_TYPES and _ATTESTATION not in entry.annotations
    ]
    for entry in candidates:
        if entry.platform and matches(platform, entry.platform):
            return entry
    for entry in candidates:
        if entry.platform is None and wanted is None:
            return entry
    raise no_match(platform)


def no_match(platform: Platform) -> NotFound:
    """Return Docker's error for a platform that an image does not have."""
    shown = f"{platform}/v8" if platform.architecture == "arm64" and not platform.variant else str(platform)
    return NotFound(f"no matching manifest for {shown} in the manifest list entries")
