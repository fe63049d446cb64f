"""Whiteouts: how a layer says that a name of the layers below is gone (image-spec: layer.md "Whiteouts").

In a tar it is an empty file `.wh.NAME`, or `.wh..wh..opq` for "nothing below this directory". On disk, for overlayfs, it is a
character device 0:0 called NAME, or an xattr on the directory.
"""

import os
import stat

PREFIX = b".wh."
OPAQUE = b".wh..wh..opq"
RESERVED = b".wh..wh."
"""Names with this prefix other than OPAQUE are bookkeeping of aufs; they mean nothing to anybody else."""

OPAQUE_XATTR = b"trusted.overlay.opaque"
PRIVATE_XATTRS = b"trusted.overlay."
"""What overlayfs notes for itself; never taken from a tar and never put into one."""


def is_whiteout(status: os.stat_result) -> bool:
    """Tell whether a file is overlayfs' on-disk whiteout."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def make_whiteout(path: bytes) -> None:
    """Hide a name of the layers below. What the same layer already put there stays: a directory only becomes opaque."""
    try:
        os.mknod(path, stat.S_IFCHR, 0)
    except FileExistsError:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            make_opaque(path)


def make_opaque(directory: bytes) -> None:
    """Hide everything the layers below have in a directory."""
    os.setxattr(directory, OPAQUE_XATTR, b"y", follow_symlinks=False)


def is_opaque(directory: bytes | int) -> bool:
    """Tell whether a directory hides what is below it."""
    try:
        return os.getxattr(directory, OPAQUE_XATTR) == b"y"
    except OSError:
        return False
