"""One layer on top of a tree, and the difference of two trees, in the terms of `sdk.drivers.storage`."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from sdk.drivers.storage import Change, ChangeKind

_OPAQUE = "trusted.overlay.opaque"


def hide(layer: Path, tree: Path) -> None:
    """Delete from a tree what a layer deletes or hides; afterwards the layer has neither whiteouts nor opaque marks."""
    for directory, names, files in os.walk(layer):
        below = tree / os.path.relpath(directory, layer)
        if _is_opaque(directory):
            os.removexattr(directory, _OPAQUE)
            for entry in _entries(below):
                _delete(below / entry)
        for name in (*names, *files):
            here = Path(directory, name)
            if _is_whiteout(here):
                here.unlink()
                _delete(below / name)
            elif not (_is_directory(here) and _is_directory(below / name)):
                _delete(below / name)


def differences(tree: Path, below: Path | None) -> Iterator[Change]:
    """Yield how a tree differs from the one it was copied from."""
    ours, theirs = _walk(tree), _walk(below) if below else {}
    for path in sorted(ours.keys() | theirs.keys()):
        parent = os.path.dirname(path)
        if path not in ours:
            if parent == "/" or parent in ours:
                yield Change(path, ChangeKind.DELETED)
        elif path not in theirs:
            yield Change(path, ChangeKind.ADDED)
        elif ours[path] != theirs[path] or _has_changed_entries(path, ours, theirs):
            yield Change(path, ChangeKind.MODIFIED)


def _has_changed_entries(path: str, ours: dict[str, object], theirs: dict[str, object]) -> bool:
    """A directory counts as modified when something directly or further below it is."""
    prefix = f"{path}/"
    return any(ours.get(other) != theirs.get(other) for other in ours.keys() | theirs.keys() if other.startswith(prefix))


def _walk(tree: Path) -> dict[str, object]:
    """Return what counts as a file's content, by its path: directories have none but mode and owner."""
    found: dict[str, object] = {}
    for directory, names, files in os.walk(tree):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            common = (status.st_mode, status.st_uid, status.st_gid, status.st_rdev)
            content = () if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)
            found["/" + os.path.relpath(path, tree)] = (*common, *content)
    return found


def _is_opaque(directory: str) -> bool:
    try:
        return os.getxattr(directory, _OPAQUE) == b"y"
    except OSError:
        return False


def _is_whiteout(path: Path) -> bool:
    status = os.lstat(path)
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _entries(directory: Path) -> list[str]:
    return os.listdir(directory) if _is_directory(directory) else []


def _delete(path: Path) -> None:
    if _is_directory(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
