"""What a container mounts: decided once, at create, from all the places where it can be said."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from core.containers.mounts.asked import record_of
from core.containers.mounts.bind_sources import check_sources
from core.containers.mounts.propagation import with_propagation
from core.containers.mounts.record import MountRecord, mount_points, volume_names
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.mounts import Mount, checked_destination
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import InvalidArgument

__all__ = ["MountRecord", "VolumeStore", "mount_points", "resolve_mounts", "volume_names"]

MountsOf = Callable[[str], tuple[MountRecord, ...]]
"""Return the mounts of the container a reference means. Raises NoSuchContainer."""


class VolumeStore(Protocol):
    """What containers need of volumes; the volume catalog is one."""

    async def acquire(self, request: VolumeCreate, container_id: str) -> VolumeInfo:
        """Make or find a volume for a container that is being created."""

    def keep(self, container_id: str) -> None:
        """Learn that the container's record, with its mounts, is on disk."""

    async def abandon(self, container_id: str) -> None:
        """Undo what was acquired for a container that did not come to be; idempotent."""

    async def mount(self, record: MountRecord, container_id: str) -> Path:
        """Make a volume's data available to a container that starts; idempotent."""

    async def unmount(self, record: MountRecord, container_id: str) -> None:
        """Undo `mount`; idempotent."""


async def resolve_mounts(
    container_id: str,
    config: ContainerConfig,
    host_config: HostConfig,
    volumes: VolumeStore,
    mounts_of: MountsOf,
    daemon_root: str,
) -> tuple[MountRecord, ...]:
    """Decide a new container's mounts and make its volumes. `config` is merged with the image's; touches nothing if there is no mount.

    Later ones replace earlier ones of the same destination: volumes of other containers, what is asked for itself. Volumes of the image
    yield to both. Push `volumes.abandon` as undo before the call; call `volumes.keep` once the records are kept.
    Raises InvalidArgument, NoSuchContainer, Conflict, NotFound (volume driver).
    """
    wanted = _inherited(host_config, mounts_of)
    asked = [(record_of(mount), mount) for mount in host_config.mounts]
    for record in _with_implied(config, host_config, [record for record, _ in asked], wanted):
        wanted[record.destination] = with_propagation(record, daemon_root)
    await check_sources(wanted.values())
    options = {record.destination: mount for record, mount in asked}
    return tuple([record async for record in _with_volumes(wanted, container_id, volumes, options)])


def _inherited(host_config: HostConfig, mounts_of: MountsOf) -> dict[str, MountRecord]:
    found: dict[str, MountRecord] = {}
    for given in host_config.volumes_from:
        for record in mounts_of(given.container):
            if record.shown:
                found[record.destination] = replace(record, writable=record.writable and not given.read_only, copy_up=False)
    return found


def _with_implied(
    config: ContainerConfig, host_config: HostConfig, asked: list[MountRecord], inherited: Mapping[str, MountRecord]
) -> list[MountRecord]:
    """Return what is asked for and the volumes of the image, which yield to everything; no destination may be named twice."""
    taken: set[str] = set()
    for record in asked:
        if record.destination in taken:
            raise InvalidArgument(f"Duplicate mount point: {record.destination}")
        taken.add(record.destination)
    implied = (_anonymous(destination, host_config.volume_driver) for destination in config.volumes)
    return asked + [record for record in implied if record.destination not in taken | inherited.keys()]


def _anonymous(destination: str, volume_driver: str) -> MountRecord:
    """Return the volume that an image or a client wants at a path; a relative one begins at the root."""
    path = checked_destination("/" + destination.lstrip("/"), "volume")
    return MountRecord(type="volume", source="", destination=path, driver=volume_driver, copy_up=True, anonymous=True)


async def _with_volumes(
    wanted: Mapping[str, MountRecord], container_id: str, volumes: VolumeStore, asked: Mapping[str, Mount]
) -> AsyncIterator[MountRecord]:
    for record in wanted.values():
        if record.type != "volume":
            yield record
            continue
        mount = asked.get(record.destination)
        options, labels = (mount.driver_options, mount.labels) if mount is not None else ({}, {})
        made = await volumes.acquire(VolumeCreate(record.name, record.driver, options, labels), container_id)
        yield replace(record, name=made.name, driver=made.driver, source=made.mountpoint)
