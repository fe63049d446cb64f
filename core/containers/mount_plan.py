"""A container's mounts at start: records become the runtime specification's mounts."""

import os
from collections.abc import Iterable, Sequence

from core.containers.mount_record import MountRecord
from core.containers.mount_requests import check_source
from core.containers.mounts import VolumeStore
from core.containers.recursive_readonly import HAS_RECURSIVE_READONLY
from core.containers.subpath import resolve_subpath
from sdk.oci.runtime import Mount


async def mount_plan(records: Sequence[MountRecord], container_id: str, volumes: VolumeStore) -> tuple[Mount, ...]:
    """Return the mounts to make, parents before children, and make their sources available.

    Volumes are mounted for the container: undo with `release_mounts`, also after an error. A missing source of a `-v` is made as a
    directory. They come after the engine's own mounts and replace those of the same destination. Raises InvalidArgument.
    """
    if not records:
        return ()
    return tuple([await _mount(record, container_id, volumes) for record in sorted(_effective(records), key=_depth)])


async def release_mounts(records: Iterable[MountRecord], container_id: str, volumes: VolumeStore) -> None:
    """Let go of the volumes a container has used; idempotent."""
    for record in records:
        if record.type == "volume":
            await volumes.unmount(record, container_id)


def root_propagation(records: Iterable[MountRecord]) -> str:
    """Return the propagation a container's root needs so that that of its mounts has effect; "" for the default."""
    words = {record.propagation.removeprefix("r") for record in records if record.type == "bind"}
    return "shared" if "shared" in words else "rslave" if "slave" in words else ""


def _effective(records: Iterable[MountRecord]) -> Iterable[MountRecord]:
    """Return one record per destination; `--tmpfs` wins over what is inherited."""
    chosen: dict[str, MountRecord] = {}
    for record in records:
        known = chosen.get(record.destination)
        if known is None or known.shown:
            chosen[record.destination] = record
    return chosen.values()


def _depth(record: MountRecord) -> tuple[int, str]:
    return record.destination.count("/"), record.destination


async def _mount(record: MountRecord, container_id: str, volumes: VolumeStore) -> Mount:
    if record.type == "tmpfs":
        return Mount(destination=record.destination, type="tmpfs", source="tmpfs", options=(*record.options, "rprivate"))
    if record.type == "volume":
        directory = str(await volumes.mount(record, container_id))
        source = resolve_subpath(directory, record.subpath) if record.subpath else directory
    else:
        source = _bind_source(record)
    return Mount(destination=record.destination, type="bind", source=source, options=_bind_options(record))


def _bind_source(record: MountRecord) -> str:
    if record.create_source and not os.path.lexists(record.source):
        os.makedirs(record.source, mode=0o755, exist_ok=True)
    check_source(record.source)
    return record.source


def _bind_options(record: MountRecord) -> tuple[str, ...]:
    access = "rw" if record.writable else "rro" if record.recursive_readonly and HAS_RECURSIVE_READONLY else "ro"
    return ("rbind" if record.recursive else "bind", access, record.propagation or "rprivate")
