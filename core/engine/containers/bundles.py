"""The directories on tmpfs that belong to containers as long as they run."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from core.containers.mounts.shared_memory import SHARED, release_memory
from core.engine.containers.preparation.image_mounts import unmount_images
from sdk.linux.mount import UnmountFlag, umount

STACK_POINT = "stack-"
"""How the mount points of a build step's stacks begin, in the step's bundle."""


def remove_bundle(path: Path) -> None:
    """Remove what is left of a run; idempotent. What is mounted in there is unmounted first."""
    names = _names_in(path)
    if SHARED in names:
        release_memory(path)
    unmount_images(path, names)
    shutil.rmtree(path, ignore_errors=True)


def unmount_stacks(bundle: Path) -> None:
    """Unmount what a daemon that was killed had mounted for a step of a build."""
    for point in bundle.glob(f"{STACK_POINT}*"):
        with suppress(OSError):
            umount(str(point), UnmountFlag.DETACH)


def _names_in(path: Path) -> list[str]:
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []
