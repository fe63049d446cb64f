"""Manifests as registries serve them: what to accept, which type was served, and whether the bytes are those named."""

import msgspec
from msgspec import Struct

from plugins.registry_hub.refusals import parse_refusal
from plugins.registry_hub.replies import Reply
from sdk.drivers.registry import ResolvedManifest
from sdk.errors import DataLoss, InvalidArgument, Unavailable
from sdk.oci.descriptor import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_V1,
    DOCKER_MANIFEST_V1_SIGNED,
    INDEX_TYPES,
    MANIFEST_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
)
from sdk.oci.digest import digest_of
from sdk.oci.reference import Reference
from sdk.text import UNREADABLE, cleaned

ACCEPT = ", ".join((OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST))
_LONGEST_TYPE = 255
"""Characters of a media type (RFC 6838: "Naming Requirements")."""


class _Probe(Struct, rename="camel"):
    schema_version: int = 0
    media_type: str = ""
    manifests: msgspec.Raw = msgspec.Raw()
    config: msgspec.Raw = msgspec.Raw()


def read_manifest(reference: Reference, reply: Reply) -> ResolvedManifest:
    """Read a served manifest. Raises DataLoss if it is not the one named, InvalidArgument for schema 1, Unavailable for none at all."""
    served = reply.headers.get("Content-Type", "")[:_LONGEST_TYPE].partition(";")[0].strip()
    media_type = _media_type(reference, served, reply.content)
    digest = digest_of(reply.content, reference.digest or "sha256")
    if reference.digest and digest != reference.digest:
        raise DataLoss(f"manifest verification failed for digest {reference.digest}")
    return ResolvedManifest(Descriptor(media_type, digest, len(reply.content)), reply.content)


def _media_type(reference: Reference, served: str, content: bytes) -> str:
    try:
        probe = msgspec.json.decode(content, type=_Probe)
    except UNREADABLE:
        raise Unavailable(parse_refusal(200, content).sentence) from None
    if probe.schema_version == 1 or served in (DOCKER_MANIFEST_V1, DOCKER_MANIFEST_V1_SIGNED):
        raise InvalidArgument(
            "[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 are not supported: "
            f"{reference.familiar} has to be pushed again by a current tool"
        )
    for candidate in (probe.media_type, served):
        if candidate in INDEX_TYPES | MANIFEST_TYPES:
            return candidate
    if not (bytes(probe.manifests) or bytes(probe.config)):
        raise InvalidArgument(f"{reference.familiar}: unsupported manifest media type {cleaned(served) or 'unknown'}")
    return OCI_INDEX if bytes(probe.manifests) else OCI_MANIFEST
