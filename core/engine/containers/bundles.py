"""The directories on tmpfs that belong to containers as long as they run."""

import os
import shutil
from pathlib import Path

from core.containers.mounts.shared_memory import SHARED, release_memory
from core.engine.containers.preparation.image_mounts import IMAGE_POINT, unmount_point

STACK_POINT = "stack-"
"""How the mount points of a build step's stacks begin, in the step's bundle."""


def remove_bundle(path: Path) -> None:
    """Remove what is left of a run, or of a step of a build; idempotent. What a daemon that was killed had mounted is unmounted first."""
    names = _names_in(path)
    if SHARED in names:
        release_memory(path)
    for name in names:
        if name.startswith((IMAGE_POINT, STACK_POINT)):
            unmount_point(path / name)
    shutil.rmtree(path, ignore_errors=True)


def _names_in(path: Path) -> list[str]:
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []
