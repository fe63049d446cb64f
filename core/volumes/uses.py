"""Which volumes the engine has had mounted, and for whom: noted before it is done, struck out after it was undone.

The notes are on the exec root's tmpfs, as the mounts end with the machine too. A daemon that starts undoes what is noted for users that are
no more: containers whose start was cut off, and work of the engine's own in which the one before was killed.
"""

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path


class Uses:
    """Notes by volume and user, in a directory that is made if it is missing: symbolic links, whole or not there at all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def enter(self, volume: str, user: str) -> None:
        """Note that a volume is about to be mounted for a user; idempotent."""
        with suppress(FileExistsError):
            os.symlink(f"{user}/{volume}", self._path(volume, user))

    def strike(self, volume: str, user: str) -> None:
        """Remove the note; idempotent."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(volume, user))

    def of_others(self, users: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield volume and user of every note whose user is not among these."""
        for entry in list(os.scandir(self._directory)):
            user, _, volume = os.readlink(entry.path).partition("/")
            if user not in users:
                yield volume, user

    def _path(self, volume: str, user: str) -> Path:
        return self._directory / hashlib.sha256(f"{user}/{volume}".encode()).hexdigest()[:32]
