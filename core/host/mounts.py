"""The mount table of a process, as far as the daemon asks about it (proc_pid_mountinfo(5))."""

import re
from dataclasses import dataclass
from pathlib import Path

_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One mount: where it is, its file system type, its source and that file system's options; `root` is the path within it."""

    path: str
    type: str
    source: str
    root: str
    options: str


def mount_table(process: str = "self") -> list[MountPoint]:
    """Return a process' mounts, oldest first. Raises OSError when it is gone."""
    lines = Path(f"/proc/{process}/mountinfo").read_text(errors="surrogateescape").splitlines()
    return [_parsed(line) for line in lines]


def _parsed(line: str) -> MountPoint:
    fields, _, rest = line.partition(" - ")
    root, path = fields.split(" ")[3:5]
    kind, source, options = rest.split(" ")[:3]
    return MountPoint(_unescape(path), kind, _unescape(source), _unescape(root), _unescape(options))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


def file_system_of(path: Path) -> MountPoint:
    """Return the mount an existing path is on."""
    resolved = path.resolve()
    holders = [mount for mount in mount_table() if resolved.is_relative_to(mount.path)]
    return max(holders, key=lambda mount: len(Path(mount.path).parts))
