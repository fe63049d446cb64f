"""Destinations of mounts that are symlinks to what an image does not have: made inside the container's root, as runc makes them.

A start that has failed is asked first: looking into each container's root before it starts would cost all of them.
"""

import os
import posixpath

import anyio.to_thread

from core.containers.life.record import ContainerRecord
from core.containers.mounts.rootfs import opened_root
from sdk.drivers.storage import StorageDriver
from sdk.errors import StartFailed
from sdk.linux.openat import make_directories
from sdk.linux.resolve import resolve_in_root

_MISSING = os.strerror(2).lower()


def is_missing(error: StartFailed) -> bool:
    """Tell whether a start failed for a mount that had no place."""
    return "to rootfs at" in error.message and _MISSING in error.message


async def made_destinations(storage: StorageDriver, record: ContainerRecord) -> bool:
    """Make the directories that the destinations of a container's mounts lead to; return whether any was missing."""
    async with opened_root(storage, record.id) as root:
        directories = [mount.destination for mount in record.mounts if mount.type != "bind" or os.path.isdir(mount.source)]
        return await anyio.to_thread.run_sync(_made, root, directories)


def _made(root: int, destinations: list[str]) -> bool:
    made = False
    for destination in destinations:
        place = resolve_in_root(root, destination)
        if place != posixpath.normpath(destination):
            make_directories(root, place)
            made = True
    return made
