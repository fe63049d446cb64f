"""mount(8)'s words for the flags of mount(2)."""

from collections.abc import Iterable

from sdk.linux.mount import MountFlag

_PROPAGATION = {
    "private": MountFlag.PRIVATE,
    "shared": MountFlag.SHARED,
    "slave": MountFlag.SLAVE,
    "unbindable": MountFlag.UNBINDABLE,
}
PROPAGATION = _PROPAGATION | {f"r{word}": flag | MountFlag.REC for word, flag in _PROPAGATION.items()}
"""Propagation needs a mount(2) of its own, after the one that makes the mount."""

_SET = {
    "ro": MountFlag.RDONLY,
    "nosuid": MountFlag.NOSUID,
    "nodev": MountFlag.NODEV,
    "noexec": MountFlag.NOEXEC,
    "sync": MountFlag.SYNCHRONOUS,
    "remount": MountFlag.REMOUNT,
    "noatime": MountFlag.NOATIME,
    "nodiratime": MountFlag.NODIRATIME,
    "bind": MountFlag.BIND,
    "rbind": MountFlag.BIND | MountFlag.REC,
    "silent": MountFlag.SILENT,
    "relatime": MountFlag.RELATIME,
    "strictatime": MountFlag.STRICTATIME,
}
_CLEARED = {
    "rw": "ro",
    "suid": "nosuid",
    "dev": "nodev",
    "exec": "noexec",
    "async": "sync",
    "atime": "noatime",
    "diratime": "nodiratime",
    "loud": "silent",
    "norelatime": "relatime",
    "nostrictatime": "strictatime",
}


def split_options(options: Iterable[str]) -> tuple[MountFlag, MountFlag, str]:
    """Return mount(8) options as flags, propagation flags and file system data; later words override earlier ones."""
    flags = propagation = MountFlag(0)
    data = []
    for word in options:
        if word in _SET:
            flags |= _SET[word]
        elif word in _CLEARED:
            flags &= ~_SET[_CLEARED[word]]
        elif word in PROPAGATION:
            propagation = PROPAGATION[word]
        elif word != "defaults":
            data.append(word)
    return flags, propagation, ",".join(data)
