"""Files of a container: Go's file modes, and the archive header."""

import base64
import stat

import msgspec

from plugins.api_docker.convert.times import rfc3339_seconds
from plugins.api_docker.models.containers import FilesystemChange
from plugins.api_docker.models.containers import PathStat as WirePathStat
from sdk.drivers.storage import Change, ChangeKind
from sdk.engine.containers import PathStat

_GO_TYPES = {
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFCHR: (1 << 26) | (1 << 21),
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
}
_GO_BITS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}
_KINDS = {ChangeKind.MODIFIED: 0, ChangeKind.ADDED: 1, ChangeKind.DELETED: 2}


def go_file_mode(mode: int) -> int:
    """Return an st_mode as Go's `os.FileMode`: permissions below, its own type bits above."""
    bits = sum(go for unix, go in _GO_BITS.items() if mode & unix)
    return (mode & 0o777) | _GO_TYPES.get(stat.S_IFMT(mode), 0) | bits


def path_stat_header(path: PathStat) -> str:
    """Return the value of `X-Docker-Container-Path-Stat`."""
    wire = WirePathStat(path.name, path.size, go_file_mode(path.mode), rfc3339_seconds(path.mtime_ns), path.link_target)
    return base64.b64encode(msgspec.json.encode(wire)).decode()


def filesystem_change(change: Change) -> FilesystemChange:
    """Return one line of `docker diff`; a name that is not UTF-8 is shown with replacement characters."""
    path = change.path.encode(errors="surrogateescape").decode(errors="replace")
    return FilesystemChange(path, _KINDS[change.kind])
