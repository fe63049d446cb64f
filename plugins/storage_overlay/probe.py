"""Finding out whether overlayfs works on the data root."""

import errno
import os
import shutil
import stat
import tempfile
from pathlib import Path

from sdk.drivers.storage import Mount
from sdk.errors import SkipPlugin
from sdk.linux.detached import detached

_PARAMETERS = Path("/sys/module/overlay/parameters")
_SCRATCH = "probe-"
_OFF = ("index", "metacopy", "redirect_dir")
"""Features that would put into an upper directory what only the very same stack of layers understands."""


def probe(data_root: Path) -> tuple[str, ...]:
    """Return the mount options this kernel needs. Raises SkipPlugin, with the reason in a sentence, where overlayfs does not work."""
    if set(":,\\") & set(str(data_root)):
        raise SkipPlugin(f"overlayfs cannot name {data_root}: there is a colon, a comma or a backslash in it")
    for left in data_root.glob(f"{_SCRATCH}*"):  # by a daemon that was killed here
        shutil.rmtree(left, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(dir=data_root, prefix=_SCRATCH) as scratch:
            _try(Path(scratch))
    except OSError as error:
        if error.errno not in (
            errno.ENOSPC,
            errno.EDQUOT,
        ):  # a full disk says nothing about overlayfs, and must not keep a daemon down
            raise SkipPlugin(f"overlayfs does not work on {data_root}: {error}") from error
    return tuple(f"{name}=off" for name in _OFF if _is_on(name))


def _is_on(parameter: str) -> bool:
    try:
        return (_PARAMETERS / parameter).read_text().strip() in ("Y", "1")
    except FileNotFoundError:
        return False


def _try(scratch: Path) -> None:
    """Mount two layers and delete a file of the lower one: that must leave a whiteout in the upper."""
    lower, upper, work = (scratch / name for name in ("lower", "upper", "work"))
    for directory in (lower, upper, work):
        directory.mkdir()
    (lower / "file").touch()
    root = detached([Mount("overlay", "overlay", (f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}"))])
    try:
        os.unlink("file", dir_fd=root)
    finally:
        os.close(root)
    if not stat.S_ISCHR((upper / "file").lstat().st_mode):
        raise OSError("deleting a file leaves no whiteout")
