"""What a container mounts: decided once, at create, from all the places a person can say it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from core.containers.mounts.bind_sources import check_sources
from core.containers.mounts.binds import Bind, check_destination, is_writable, parse_bind, parse_volumes_from
from core.containers.mounts.propagation import with_propagation
from core.containers.mounts.record import MountRecord, mount_points, volume_names
from core.containers.mounts.requests import record_of
from core.containers.mounts.tmpfs_options import parse_tmpfs
from sdk.engine.config import ContainerConfig, HostConfig, VolumeOptions
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

    def opened(self, name: str, user: str) -> AbstractAsyncContextManager[Path]:
        """Make a volume's data available for the engine's own work."""

    def begin_copy(self, name: str, subpath: str, since_ns: int) -> None:
        """Note that files are copied into an empty directory of a volume."""

    def end_copy(self, name: str, subpath: str) -> None:
        """Learn that it is full, or empty again; idempotent."""


async def resolve_mounts(
    container_id: str,
    config: ContainerConfig,
    host_config: HostConfig,
    volumes: VolumeStore,
    mounts_of: MountsOf,
    daemon_root: str,
) -> tuple[MountRecord, ...]:
    """Decide a new container's mounts and make its volumes. `config` is merged with the image's; touches nothing if there is no mount.

    Later ones of Docker's order replace earlier ones of the same destination: volumes of other containers, `-v`, `--mount`,
    `--tmpfs`, volumes of the image. Push `volumes.abandon` as undo before the call; call `volumes.keep` once the records are kept.
    Raises InvalidArgument, NoSuchContainer, Conflict, NotFound (volume driver).
    """
    wanted = _inherited(host_config, mounts_of)
    options = _request_options(host_config)
    for record in _asked_for(config, host_config, wanted):
        wanted[record.destination] = with_propagation(record, daemon_root)
    await check_sources(wanted.values())
    return tuple([record async for record in _with_volumes(wanted, container_id, volumes, options)])


def _inherited(host_config: HostConfig, mounts_of: MountsOf) -> dict[str, MountRecord]:
    found: dict[str, MountRecord] = {}
    for text in host_config.volumes_from:
        reference, mode = parse_volumes_from(text)
        for record in mounts_of(reference):
            if record.shown:
                writable = record.writable and is_writable(mode)
                found[record.destination] = replace(record, writable=writable, mode="", copy_up=False)
    return found


def _asked_for(config: ContainerConfig, host_config: HostConfig, inherited: Mapping[str, MountRecord]) -> list[MountRecord]:
    """Return what is asked for itself; no destination may be named twice. Volumes of the image yield to everything."""
    asked = [_from_bind(parse_bind(text), host_config.volume_driver) for text in host_config.binds]
    asked += [record_of(request) for request in host_config.mounts]
    asked += [_tmpfs(destination, text) for destination, text in host_config.tmpfs.items()]
    taken: set[str] = set()
    for record in asked:
        if record.destination in taken:
            raise InvalidArgument(f"Duplicate mount point: {record.destination}")
        taken.add(record.destination)
    implied = (_anonymous(destination, host_config.volume_driver) for destination in config.volumes)
    return asked + [record for record in implied if record.destination not in taken | inherited.keys()]


def _from_bind(bind: Bind, volume_driver: str) -> MountRecord:
    if bind.is_volume:
        return MountRecord(
            type="volume",
            source="",
            destination=bind.destination,
            writable=bind.writable,
            name=bind.source,
            driver=volume_driver,
            mode=bind.mode,
            copy_up=bind.copy_up,
            anonymous=not bind.source,
        )
    return MountRecord(
        type="bind",
        source=bind.source,
        destination=bind.destination,
        writable=bind.writable,
        mode=bind.mode,
        propagation=bind.propagation,
        create_source=True,
    )


def _anonymous(destination: str, volume_driver: str) -> MountRecord:
    """Return the volume of a `VOLUME` or `-v PATH`, whose relative path begins at the root, as dockerd takes it."""
    path = check_destination("/" + destination.lstrip("/"), "volume")
    return MountRecord(type="volume", source="", destination=path, driver=volume_driver, copy_up=True, anonymous=True)


def _tmpfs(destination: str, text: str) -> MountRecord:
    options = parse_tmpfs(text)
    path = check_destination(destination, "tmpfs")
    return MountRecord(type="tmpfs", source="", destination=path, writable="ro" not in options, options=options, shown=False)


def _request_options(host_config: HostConfig) -> dict[str, VolumeOptions]:
    """Return what `--mount` says about volumes to make, by destination."""
    return {check_destination(m.target, m.type): m.volume_options for m in host_config.mounts if m.type == "volume"}


async def _with_volumes(
    wanted: Mapping[str, MountRecord], container_id: str, volumes: VolumeStore, options: Mapping[str, VolumeOptions]
) -> AsyncIterator[MountRecord]:
    for record in wanted.values():
        if record.type != "volume":
            yield record
            continue
        chosen = options.get(record.destination, VolumeOptions())
        request = VolumeCreate(record.name, record.driver, chosen.driver_config.options, chosen.labels)
        made = await volumes.acquire(request, container_id)
        named = (not record.anonymous or record.destination in options) and not record.mode and made.driver == "local"
        # Docker shows an SELinux relabelling it did not ask for on every local volume that is named or a `--mount`; tools compare with it.
        mode = "z" if named and not record.source else record.mode
        yield replace(record, name=made.name, driver=made.driver, source=made.mountpoint, mode=mode)
