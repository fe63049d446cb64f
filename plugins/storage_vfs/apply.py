"""Applying a layer in overlayfs' on-disk form to a plain tree (image-spec: layer.md "Applying Changesets")."""

import os
import shutil
import stat

from plugins.storage_vfs.copying import copy_metadata


def apply_layer(layer: str, target: str) -> None:
    """Put a layer's content on top of what `target` has. Files are moved, so the layer is used up; both are on one file system."""
    status = os.lstat(layer)  # before files leave it, which changes its time
    if _is_opaque(layer):
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
    if not (stat.S_ISCHR(status.st_mode) and status.st_rdev == 0):
        os.rename(entry.path, target)


def _is_opaque(directory: str) -> bool:
    try:
        return os.getxattr(directory, "trusted.overlay.opaque") == b"y"
    except OSError:
        return False


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
