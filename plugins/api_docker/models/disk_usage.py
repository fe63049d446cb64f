"""What takes disk space, on the wire."""

from msgspec import UNSET, Raw, Struct, UnsetType

from plugins.api_docker.models.builds import BuildCacheEntry
from plugins.api_docker.models.images import ImageSummary
from plugins.api_docker.models.volumes import Volume


class DiskUsage(Struct, rename="pascal"):
    """The containers come already encoded."""

    layers_size: int
    images: list[ImageSummary]
    containers: Raw
    volumes: list[Volume]
    build_cache: list[BuildCacheEntry] = []
    builder_size: int | UnsetType = UNSET


class Usage(Struct, rename="pascal", omit_defaults=True):
    """What one kind of things takes, since API 1.52; the items come already encoded, for a client that asks for them."""

    active_count: int = 0
    total_count: int = 0
    reclaimable: int = 0
    total_size: int = 0
    items: Raw | UnsetType = UNSET


class NewerDiskUsage(Struct, rename="pascal"):
    """Since API 1.52. Without `verbose` the older fields stand beside the usage."""

    image_usage: Usage | UnsetType = UNSET
    container_usage: Usage | UnsetType = UNSET
    volume_usage: Usage | UnsetType = UNSET
    build_cache_usage: Usage | UnsetType = UNSET
    layers_size: int | UnsetType = UNSET
    images: list[ImageSummary] | UnsetType = UNSET
    containers: Raw | UnsetType = UNSET
    volumes: list[Volume] | UnsetType = UNSET
    build_cache: list[BuildCacheEntry] | UnsetType = UNSET
