"""How a layer says, on disk and for overlayfs, that a name of the layers below is gone (image-spec: layer.md "Whiteouts"; kernel:
Documentation/filesystems/overlayfs.rst "whiteouts and opaque directories"): a character device 0:0 of that name, or an xattr on a
directory that hides all there is below it."""

import os
import stat

OPAQUE_XATTR = b"trusted.overlay.opaque"
PRIVATE_XATTRS = b"trusted.overlay."
"""What overlayfs notes for itself; it belongs to no file and is never copied."""


def is_whiteout(status: os.stat_result) -> bool:
    """Tell whether a file stands for the absence of one."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def make_whiteout(path: str | bytes) -> None:
    """Hide a name of the layers below. What the same layer already put there stays: a directory only becomes opaque."""
    try:
        os.mknod(path, stat.S_IFCHR, 0)
    except FileExistsError:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            make_opaque(path)


def is_opaque(directory: str | bytes | int) -> bool:
    """Tell whether a directory, or the one a descriptor (also O_PATH) stands for, hides those of the same name below it."""
    place = f"/proc/self/fd/{directory}" if isinstance(directory, int) else directory
    try:
        return os.getxattr(place, OPAQUE_XATTR) == b"y"
    except OSError:
        return False


def make_opaque(directory: str | bytes) -> None:
    """Hide everything the layers below have in a directory."""
    os.setxattr(directory, OPAQUE_XATTR, b"y", follow_symlinks=False)
