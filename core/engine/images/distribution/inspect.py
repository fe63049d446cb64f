"""`GET /distribution`: what a registry has under a name, without pulling it."""

from core.engine.images.context import ImageContext
from core.images.documents import parse_config, parse_index, parse_manifest, require_short
from sdk.drivers.registry import Credentials, ResolvedManifest
from sdk.engine.images import DistributionInfo
from sdk.errors import DataLoss
from sdk.oci.descriptor import INDEX_TYPES, Descriptor, Platform
from sdk.oci.digest import digest_of, parse_digest
from sdk.oci.reference import Reference, parse_reference


async def distribution(context: ImageContext, ref: str, credentials: Credentials) -> DistributionInfo:
    """Return the descriptor of a name and the platforms it offers. Raises what the registry answers."""
    reference = parse_reference(ref)
    resolved = await context.registry.resolve(reference, credentials)
    if resolved.descriptor.media_type in INDEX_TYPES:
        entries = parse_index(resolved.content).manifests
        return DistributionInfo(resolved.descriptor, tuple(entry.platform for entry in entries if entry.platform))
    return DistributionInfo(resolved.descriptor, (await _platform(context, reference, resolved, credentials),))


async def _platform(context: ImageContext, reference: Reference, resolved: ResolvedManifest, credentials: Credentials) -> Platform:
    blob = parse_manifest(resolved.content).config
    require_short(blob)
    content = await _fetch(context, reference, blob, credentials)
    if digest_of(content, parse_digest(blob.digest)) != blob.digest:
        raise DataLoss(f"the registry sent another configuration than {blob.digest}")
    config = parse_config(content)
    return config.platform


async def _fetch(context: ImageContext, reference: Reference, blob: Descriptor, credentials: Credentials) -> bytes:
    async with context.registry.fetch(reference, blob, credentials) as chunks:
        return b"".join([chunk async for chunk in chunks])
