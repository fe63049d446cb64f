"""A container's mounts at start: records become the runtime specification's mounts."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType

import anyio

from core.containers.mounts.bind_sources import make_sources
from core.containers.mounts.record import MountRecord
from core.containers.mounts.recursive_readonly import HAS_RECURSIVE_READONLY
from core.containers.mounts.resolve import VolumeStore
from core.containers.mounts.subpath import opened_path
from sdk.engine.mounts import ALL_PROPAGATIONS
from sdk.linux.descriptors import path_of
from sdk.oci.runtime import Mount

_NO_IMAGES: Mapping[str, str] = MappingProxyType({})
_limiter = anyio.CapacityLimiter(4)


async def mount_plan(
    records: Sequence[MountRecord],
    container_id: str,
    volumes: VolumeStore,
    held: ExitStack,
    images: Mapping[str, str] = _NO_IMAGES,
) -> tuple[Mount, ...]:
    """Return the mounts to make, parents before children, and make their sources available.

    `images` are the sources of image mounts by destination. Sources may be descriptors of this process, which are open until
    `held` is closed: keep it until the mounts are made. Volumes are mounted for the container: undo with `release_mounts`, also after an
    error. A missing source of a `-v` is made as a directory. They come after the engine's own mounts and replace those of the same
    destination. Raises InvalidArgument.
    """
    if not records:
        return ()
    chosen = sorted(_effective(records), key=_depth)
    await make_sources(chosen)
    return tuple(
        [
            _mount_of(record, images[record.destination])
            if record.type == "image"
            else await _mount(record, container_id, volumes, held)
            for record in chosen
        ]
    )


def planned_mounts(records: Sequence[MountRecord]) -> tuple[Mount, ...]:
    """Return the mounts that would be made, of volumes where they were at create; nothing is made available."""
    return tuple(_mount_of(record, record.source) for record in sorted(_effective(records), key=_depth))


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


async def _mount(record: MountRecord, container_id: str, volumes: VolumeStore, held: ExitStack) -> Mount:
    source = record.source
    if record.type == "volume":
        source = str(await volumes.mount(record, container_id))
    if record.subpath:
        found = await anyio.to_thread.run_sync(opened_path, source, record.subpath, limiter=_limiter)
        held.callback(os.close, found)
        source = path_of(found)
    return _mount_of(record, source)


def _mount_of(record: MountRecord, source: str) -> Mount:
    if record.type == "tmpfs":
        options = record.options if ALL_PROPAGATIONS.intersection(record.options) else (*record.options, "rprivate")
        return Mount(destination=record.destination, type="tmpfs", source="tmpfs", options=options)
    return Mount(destination=record.destination, type="bind", source=source, options=_bind_options(record))


def _bind_options(record: MountRecord) -> tuple[str, ...]:
    access = "rw" if record.writable else "rro" if record.recursive_readonly and HAS_RECURSIVE_READONLY else "ro"
    return ("rbind" if record.recursive else "bind", access, record.propagation or "rprivate")
