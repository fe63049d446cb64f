"""The directories on tmpfs that belong to containers as long as they run."""

import shutil
from pathlib import Path

from core.containers.shared_memory import release_memory
from core.engine.image_mounts import unmount_images


def remove_bundle(path: Path) -> None:
    """Remove what is left of a run; idempotent. What is mounted in there is unmounted first."""
    release_memory(path)
    unmount_images(path)
    shutil.rmtree(path, ignore_errors=True)
