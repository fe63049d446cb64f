"""The process behind `detached` on kernels that want a mount point: mounts in its own namespace and sends a detached copy.

Arguments: a socket's descriptor, then type, source and comma-separated options of each mount, in order. Exits with an errno.
"""

import array
import os
import socket
import sys

from sdk.linux.libc import libc
from sdk.linux.mount import MountFlag, mount, open_tree
from sdk.linux.mount_options import split_options

_CLONE_NEWNS = 0x20000
_POINT = "/proc"
"""Any directory will do that no source is below of."""


def main() -> None:
    """Do the work of this process and end it."""
    channel, fields = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    try:
        _unshare()
        for at in range(0, len(fields), 3):
            _mount(*fields[at : at + 3])
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
