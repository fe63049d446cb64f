"""Mounting a snapshot nowhere: a descriptor of its root, with which the mount vanishes."""

import array
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Sequence

from sdk.drivers.storage import Mount
from sdk.linux.attach import Attachment, attach
from sdk.linux.mount import (
    MountAttribute,
    fsconfig_create,
    fsconfig_flag,
    fsconfig_string,
    fsmount,
    fsopen,
    mount_setattr,
    open_tree,
)


def detached(mounts: Sequence[Mount], attachments: Sequence[Attachment] = ()) -> int:
    """Return a descriptor (O_PATH) of the root that `mounts` make, with `attachments` in it. It is attached nowhere and ends with
    its last descriptor.

    Blocks for a fraction of a millisecond; a kernel that cannot do without a mount point costs a helper process. Raises OSError.
    """
    try:
        return _directly(mounts, attachments)
    except OSError as error:
        if error.filename2 and error.errno != errno.EINVAL:  # no helper could attach it either
            raise
        if isinstance(error, FileNotFoundError):  # a helper would not find it either
            raise
        try:
            return _through_helper(mounts, attachments)
        except OSError as second:
            raise second from error


def _directly(mounts: Sequence[Mount], attachments: Sequence[Attachment]) -> int:
    (mount,) = mounts
    root = _bind(mount) if mount.type == "bind" else _filesystem(mount)
    try:
        for attachment in attachments:
            attach(root, attachment)
    except OSError:
        os.close(root)
        raise
    return root


def _bind(mount: Mount) -> int:
    tree = open_tree(mount.source, clone=True, recursive="rbind" in mount.options)
    if "ro" in mount.options:
        try:
            mount_setattr(tree, add=MountAttribute.RDONLY)
        except OSError:
            os.close(tree)
            raise
    return tree


def _filesystem(mount: Mount) -> int:
    context = fsopen(mount.type)
    try:
        fsconfig_string(context, "source", mount.source)
        for option in mount.options:
            _configure(context, option, mount.source)
        fsconfig_create(context)
        return fsmount(context)
    finally:
        os.close(context)


def _configure(context: int, option: str, source: str) -> None:
    """Give one mount(8) option to a file system being configured. Strings are limited to 255 bytes, so layers go one by one."""
    key, equals, value = option.partition("=")
    if key == "lowerdir":
        for lower in value.split(":"):
            fsconfig_string(context, "lowerdir+", os.path.join(source, lower))
    elif key in ("upperdir", "workdir"):
        fsconfig_string(context, key, os.path.join(source, value))
    elif equals:
        fsconfig_string(context, key, value)
    else:
        fsconfig_flag(context, option)


def _through_helper(mounts: Sequence[Mount], attachments: Sequence[Attachment]) -> int:
    """Let a process with its own mount namespace make the mounts with mount(2) and hand over a detached copy."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        code = f"import sys; sys.path[:] = {sys.path!r}; from sdk.linux.mount_process import main; main()"
        fields = [field for mount in mounts for field in (mount.type, mount.source, ",".join(mount.options))]
        fields += [
            field for one in attachments for field in (one.source, one.destination, "ro" if one.readonly else "", one.subpath)
        ]
        helper = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code, str(theirs.fileno()), str(len(mounts)), *fields],
            pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        if helper.returncode:
            raise OSError(helper.returncode, helper.stderr.decode(errors="replace").strip())
        _, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
        return array.array("i", ancillary[0][2])[0]
