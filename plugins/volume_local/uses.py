"""Who uses which mounted volume: one empty file per user, on tmpfs, so that the notes end with the machine just as the mounts do."""

import os
from collections.abc import Collection
from pathlib import Path

from plugins.volume_local.options import MountOptions, mount_volume
from sdk.errors import EngineError
from sdk.linux.mount import UnmountFlag, umount
from sdk.linux.mountinfo import mount_table


class Uses:
    """Mounts for the first user, unmounts after the last. All calls block."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, name: str, user: str, options: MountOptions, target: str) -> None:
        """Mount a volume at `target` unless it is, and note its user; the note first, so that no mount is ever without one."""
        users = self._directory / name
        users.mkdir(exist_ok=True)
        (users / user).touch()
        if is_mounted(target):
            return
        try:
            mount_volume(options, target)
        except OSError as error:
            self.drop(name, user, target)
            data = f", data: {options.o}" if options.o else ""
            message = f"failed to mount local volume: mount {options.device}:{target}{data}: {(error.strerror or '').split(': ')[-1].lower()}"
            raise EngineError(message) from error
        except BaseException:
            self.drop(name, user, target)
            raise

    def drop(self, name: str, user: str, target: str) -> None:
        """Forget a user; unmount after the last one. Idempotent."""
        users = self._directory / name
        (users / user).unlink(missing_ok=True)
        if users.is_dir() and not os.listdir(users):
            _unmount_all(target)
            users.rmdir()

    def sweep(self, targets: Collection[str]) -> None:
        """Undo mounts that no user is noted for."""
        for mounted in mounted_among(targets):
            name = os.path.basename(os.path.dirname(mounted))
            users = self._directory / name
            if not users.is_dir() or not os.listdir(users):
                _unmount_all(mounted)


def mounted_among(targets: Collection[str]) -> list[str]:
    """Return those of some directories that are mount points."""
    points = {mount.path for mount in mount_table()}
    return [target for target in targets if target in points]


def is_mounted(target: str) -> bool:
    """Tell whether a directory is a mount point."""
    return bool(mounted_among((target,)))


def _unmount_all(target: str) -> None:
    """Unmount whatever is stacked on a directory; lazily, as a process on the host may still be inside."""
    while is_mounted(target):
        umount(target, UnmountFlag.DETACH)
