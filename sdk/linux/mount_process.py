"""The process behind `detached` on kernels that want a mount point: mounts in its own namespace and sends a detached copy.

Arguments: a socket's descriptor, the number of mounts, type, source and comma-separated options of each, in order, and source,
destination, mode and subpath of what is to be attached inside. Exits with an errno.
"""

import array
import os
import socket
import sys

from sdk.linux.attach import Attachment, attach
from sdk.linux.libc import libc
from sdk.linux.mount import MountFlag, mount, open_tree
from sdk.linux.mount_options import split_options

_CLONE_NEWNS = 0x20000
_POINT = "/proc"
"""Any directory will do that no source is below of."""


def main() -> None:
    """Do the work of this process and end it."""
    channel, attached = socket.socket(fileno=int(sys.argv[1])), 3 + 3 * int(sys.argv[2])
    try:
        _unshare()
        for filesystem, source, options in zip(*[iter(sys.argv[3:attached])] * 3, strict=True):
            _mount(filesystem, source, options)
        root = os.open(_POINT, os.O_PATH | os.O_DIRECTORY)
        for source, destination, mode, subpath in zip(*[iter(sys.argv[attached:])] * 4, strict=True):
            attach(root, Attachment(source, destination, mode == "ro", subpath))
        tree = open_tree(_POINT, clone=True, recursive=True)
    except OSError as error:
        sys.stderr.write(str(error))
        sys.exit(error.errno or 1)
    channel.sendmsg([b"1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [tree]))])


def _unshare() -> None:
    if libc.unshare(_CLONE_NEWNS) < 0:
        raise OSError("unshare: cannot make a mount namespace")
    mount("none", "/", "", MountFlag.REC | MountFlag.PRIVATE)


def _mount(filesystem: str, source: str, options: str) -> None:
    """Make one mount; relative paths among the options start at the source, if that is a directory."""
    if os.path.isdir(source):
        os.chdir(source)
    flags, _, data = split_options(options.split(","))
    mount(source, _POINT, "" if filesystem == "bind" else filesystem, flags, data)
    if flags & MountFlag.BIND and flags & MountFlag.RDONLY:
        mount("none", _POINT, "", MountFlag.REMOUNT | MountFlag.BIND | MountFlag.RDONLY)
