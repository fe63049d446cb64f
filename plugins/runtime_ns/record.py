"""What the runtime must remember of a container to find and serve it after the daemon was restarted."""

from pathlib import Path

import msgspec

from sdk.linux.atomic import replace_file
from sdk.text import UNREADABLE

STATE = "rt.state"
_RECORD = "rt.task.json"


class TaskRecord(msgspec.Struct, frozen=True):
    """`seccomp` is the program that processes made later have to obey as well."""

    cgroup: str
    seccomp: bytes = b""


def save_record(directory: Path, record: TaskRecord) -> None:
    """Write the record beside the state file, whole or not at all."""
    replace_file(directory / _RECORD, msgspec.json.encode(record))


def load_record(directory: Path) -> TaskRecord | None:
    """Return the record; None if there is none."""
    try:
        return msgspec.json.decode((directory / _RECORD).read_bytes(), type=TaskRecord)
    except (FileNotFoundError, *UNREADABLE):
        return None


def remove_records(directory: Path) -> None:
    """Remove what the runtime keeps in a bundle; idempotent."""
    for path in directory.glob("rt.*"):
        path.rmdir() if path.is_dir() else path.unlink()
