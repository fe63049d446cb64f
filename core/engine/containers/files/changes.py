"""`docker diff`: what a container changed in its image's files."""

from collections.abc import Sequence
from posixpath import dirname

from core.containers.files.hostfiles import HOST_FILES
from sdk.drivers.storage import Change, ChangeKind, StorageDriver

_MOUNT_POINTS = frozenset(HOST_FILES)


async def changes(storage: StorageDriver, key: str) -> Sequence[Change]:
    """Return the changes, sorted by path, but for those the engine made itself. Raises NoSuchSnapshot."""
    return without_mount_points(await storage.changes(key))


async def own_changes(storage: StorageDriver, key: str) -> Sequence[Change]:
    """Return the changes that a commit keeps: all but the mount points of the engine's own files. Raises NoSuchSnapshot."""
    return [change for change in await storage.changes(key) if not _is_mount_point(change)]


def without_mount_points(found: Sequence[Change]) -> list[Change]:
    """Leave out the mount points of the engine's own files, and a directory that changed only because they were made in it."""
    kept = [change for change in found if not _is_mount_point(change)]
    touched = {dirname(change.path) for change in found} - {dirname(change.path) for change in kept} - {"/"}
    return [change for change in kept if change.path not in touched or change.kind is not ChangeKind.MODIFIED]


def _is_mount_point(change: Change) -> bool:
    return change.path in _MOUNT_POINTS and change.kind is not ChangeKind.DELETED
