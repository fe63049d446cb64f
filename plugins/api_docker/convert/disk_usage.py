"""What takes disk space."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from plugins.api_docker.convert.builds import cache_entry
from plugins.api_docker.convert.images import image_summary
from plugins.api_docker.convert.summaries import SummaryEncoder
from plugins.api_docker.convert.volumes import volume
from plugins.api_docker.models import disk_usage as wire
from plugins.api_docker.versions import ApiVersion
from sdk.engine.containers import ContainerState
from sdk.engine.system import DiskUsage

KINDS = frozenset({"container", "image", "volume", "build-cache"})
CHOOSES_KINDS = ApiVersion(1, 42)
USAGE_BY_KIND = ApiVersion(1, 52)

_ACTIVE = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})


def disk_usage(usage: DiskUsage, asked: ApiVersion, containers: SummaryEncoder) -> wire.DiskUsage:
    """Return the shape before API 1.52, where all kinds are told at once."""
    return wire.DiskUsage(
        layers_size=usage.layers_size,
        images=[image_summary(image, asked) for image in usage.images],
        containers=Raw(containers.encode(usage.containers, asked)),
        volumes=[volume(each) for each in usage.volumes],
        build_cache=[cache_entry(each) for each in usage.builds],
    )


def newer_disk_usage(
    usage: DiskUsage, asked: ApiVersion, containers: SummaryEncoder, kinds: frozenset[str], *, verbose: bool
) -> wire.NewerDiskUsage:
    """Return the shape since API 1.52: sums of each kind asked for, with `verbose` its items, else the older fields beside."""
    older = disk_usage(usage, asked, containers)
    shown = wire.NewerDiskUsage()
    if "image" in kinds:
        shown.image_usage = _image_usage(usage, older, verbose=verbose)
    if "container" in kinds:
        shown.container_usage = _container_usage(usage, older, verbose=verbose)
    if "volume" in kinds:
        shown.volume_usage = _volume_usage(usage, older, verbose=verbose)
    if "build-cache" in kinds:
        shown.build_cache_usage = _build_usage(usage, older, verbose=verbose)
    if not verbose:
        _add_older(shown, older, kinds)
    return shown


def _add_older(shown: wire.NewerDiskUsage, older: wire.DiskUsage, kinds: frozenset[str]) -> None:
    if "image" in kinds:
        shown.layers_size, shown.images = older.layers_size, older.images
    if "container" in kinds:
        shown.containers = older.containers
    if "volume" in kinds:
        shown.volumes = older.volumes
    if "build-cache" in kinds:
        shown.build_cache = older.build_cache


def _image_usage(usage: DiskUsage, older: wire.DiskUsage, *, verbose: bool) -> wire.Usage:
    free = [image for image in usage.images if not image.containers]
    own = sum(max(0, image.size - max(image.shared_size, 0)) for image in free)
    return wire.Usage(
        active_count=len(usage.images) - len(free),
        total_count=len(usage.images),
        reclaimable=usage.layers_size if len(free) == len(usage.images) else own,
        total_size=usage.layers_size,
        items=_items(older.images, verbose=verbose),
    )


def _container_usage(usage: DiskUsage, older: wire.DiskUsage, *, verbose: bool) -> wire.Usage:
    idle = [info for info in usage.containers if info.state not in _ACTIVE]
    return wire.Usage(
        active_count=len(usage.containers) - len(idle),
        total_count=len(usage.containers),
        reclaimable=sum(info.size_rw or 0 for info in idle),
        total_size=sum(info.size_rw or 0 for info in usage.containers),
        items=older.containers if verbose and usage.containers else UNSET,
    )


def _volume_usage(usage: DiskUsage, older: wire.DiskUsage, *, verbose: bool) -> wire.Usage:
    unused = [each for each in usage.volumes if each.size != -1 and not each.users]
    return wire.Usage(
        active_count=len(usage.volumes) - len(unused),
        total_count=len(usage.volumes),
        reclaimable=sum(each.size for each in unused),
        total_size=sum(each.size for each in usage.volumes if each.size != -1),
        items=_items(older.volumes, verbose=verbose),
    )


def _build_usage(usage: DiskUsage, older: wire.DiskUsage, *, verbose: bool) -> wire.Usage:
    return wire.Usage(
        active_count=sum(entry.in_use for entry in usage.builds),
        total_count=len(usage.builds),
        reclaimable=sum(entry.size for entry in usage.builds if not entry.in_use and not entry.shared),
        total_size=sum(entry.size for entry in usage.builds),
        items=_items(older.build_cache, verbose=verbose),
    )


def _items(items: Sequence[Struct], *, verbose: bool) -> Raw | UnsetType:
    return Raw(msgspec.json.encode(items)) if verbose and items else UNSET
