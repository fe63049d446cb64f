"""What plugins do not remember for us: with what options a volume was made, and for whom it is mounted.

Records of volumes are kept on disk; users are noted on tmpfs, where they end with the machine just as the mounts do. All calls block.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from sdk.linux.atomic import replace_file
from sdk.text import UNREADABLE


class Record(Struct, frozen=True):
    """`created_ns` is wall-clock nanoseconds."""

    created_ns: int
    options: dict[str, str]


class Notes:
    """The notes of one plugin; names of volumes and users must be plain file names."""

    def __init__(self, volumes: Path, users: Path) -> None:
        self._volumes = volumes
        self._users = users

    def record(self, name: str) -> Record | None:
        """Return what is noted of a volume; None for nothing, or nothing that can be read."""
        with suppress(FileNotFoundError, *UNREADABLE):
            return msgspec.json.decode((self._volumes / name).read_bytes(), type=Record)
        return None

    def keep(self, name: str, record: Record) -> None:
        """Note a new volume, all at once."""
        self._volumes.mkdir(parents=True, exist_ok=True)
        replace_file(self._volumes / name, msgspec.json.encode(record), durable=True)

    def forget(self, name: str) -> None:
        """Drop the note of a volume. Idempotent."""
        (self._volumes / name).unlink(missing_ok=True)

    def mounted(self, name: str, user: str) -> bool | None:
        """Tell whether a volume is mounted for a user; None if the daemon never asked, False if it does not know how the asking ended."""
        try:
            return bool((self._users / name / user).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def use(self, name: str, user: str, *, mounted: bool) -> None:
        """Note a user: before the plugin is asked to mount, and after it has."""
        (self._users / name).mkdir(parents=True, exist_ok=True)
        (self._users / name / user).write_bytes(b"mounted" if mounted else b"")

    def leave(self, name: str, user: str) -> None:
        """Drop the note of a user. Idempotent."""
        (self._users / name / user).unlink(missing_ok=True)
        with suppress(OSError):
            (self._users / name).rmdir()
