"""File modes: Go's bits on the wire, POSIX' on disk."""

import stat

DIRECTORY = 1 << 31
SYMLINK = 1 << 27
DEVICE = 1 << 26
NAMED_PIPE = 1 << 25
SOCKET = 1 << 24
SETUID = 1 << 23
SETGID = 1 << 22
CHARACTER_DEVICE = 1 << 21
STICKY = 1 << 20
IRREGULAR = 1 << 19

TYPE = DIRECTORY | SYMLINK | DEVICE | NAMED_PIPE | SOCKET | CHARACTER_DEVICE | IRREGULAR
"""The bits that are all unset in a regular file."""

_SPECIAL = ((SETUID, stat.S_ISUID), (SETGID, stat.S_ISGID), (STICKY, stat.S_ISVTX))
_TYPES = {
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFIFO: NAMED_PIPE,
    stat.S_IFBLK: DEVICE,
    stat.S_IFCHR: DEVICE | CHARACTER_DEVICE,
    stat.S_IFSOCK: SOCKET,
}


def permissions(mode: int) -> int:
    """Return the POSIX permissions, with set-user-ID, set-group-ID and sticky bit, of a Go mode."""
    return (mode & 0o777) | sum(posix for go, posix in _SPECIAL if mode & go)


def go_mode(mode: int) -> int:
    """Return the Go mode of a POSIX one."""
    special = sum(go for go, posix in _SPECIAL if mode & posix)
    return (mode & 0o777) | special | _TYPES.get(stat.S_IFMT(mode), 0)
