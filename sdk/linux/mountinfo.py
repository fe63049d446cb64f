"""The mount table of a process (proc_pid_mountinfo(5)).

The kernel escapes space, tab, newline and backslash, and nothing else: a path may hold any other byte, so lines end at a newline alone,
fields at a space alone, and what is no UTF-8 comes as os.fsdecode() has it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One mount: where it is, its file system type, its source and that file system's options; `root` is the path within it, `device` its
    number as stat(2) has it."""

    path: str
    type: str
    source: str
    root: str
    options: str
    device: int = 0


def mount_table(process: str | int = "self") -> list[MountPoint]:
    """Return a process' mounts, oldest first. Raises OSError when it is gone."""
    return list(parse(Path(f"/proc/{process}/mountinfo").read_bytes()))


def parse(content: bytes) -> Iterator[MountPoint]:
    """Yield the mounts that the content of a mountinfo file tells of."""
    return (_parsed(line) for line in os.fsdecode(content).split("\n") if line)


def file_system_of(path: Path) -> MountPoint:
    """Return the mount an existing path is on."""
    resolved = path.resolve()
    holders = [mount for mount in mount_table() if resolved.is_relative_to(mount.path)]
    return max(holders, key=lambda mount: len(Path(mount.path).parts))


def _parsed(line: str) -> MountPoint:
    fields, _, rest = line.partition(" - ")
    device, root, path = fields.split(" ")[2:5]
    kind, source, options = rest.split(" ")[:3]
    major, _, minor = device.partition(":")
    return MountPoint(
        _unescape(path), kind, _unescape(source), _unescape(root), _unescape(options), os.makedev(int(major), int(minor))
    )


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text) if "\\" in text else text
