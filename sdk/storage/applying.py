"""Applying a layer in overlayfs' on-disk form to a plain tree (image-spec: layer.md "Applying Changesets")."""

import os
import shutil
import stat

from sdk.storage.copying import copy_metadata
from sdk.storage.whiteouts import is_opaque, is_whiteout


def apply_layer(layer: str, target: str) -> None:
    """Put a layer's content on top of what `target` has, and take away what it says is gone.

    Files are moved, so that the layer is used up; both are on one file system. Raises OSError; what was applied then stays."""
    status = os.lstat(layer)  # before files leave it, which changes its time
    if is_opaque(layer):
        _clear(target)
    with os.scandir(layer) as found:
        for entry in found:
            _apply(entry, f"{target}/{entry.name}")
    copy_metadata(layer, target, status)


def _apply(entry: os.DirEntry[str], target: str) -> None:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        if not _is_directory(target):
            _remove(target)
            os.mkdir(target, 0o700)
        apply_layer(entry.path, target)
        return
    _remove(target)
    if not is_whiteout(status):
        os.rename(entry.path, target)


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _clear(directory: str) -> None:
    with os.scandir(directory) as found:
        for entry in found:
            _remove(entry.path)


def _remove(path: str) -> None:
    if _is_directory(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
