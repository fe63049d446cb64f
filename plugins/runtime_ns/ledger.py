"""The ledger: which cgroups this runtime made, each noted before it is made and struck out after it is gone.

A note is a symbolic link whose text is the cgroup's path: a single system call, whole or not there at all.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Ledger:
    """Notes by name, in a directory on tmpfs that belongs to this ledger alone; it is made if it is missing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def enter(self, name: str, cgroup: str) -> None:
        """Note a cgroup; a note of that name is replaced."""
        path = self._directory / name
        try:
            os.symlink(cgroup, path)
        except FileExistsError:
            os.unlink(path)
            os.symlink(cgroup, path)

    def cgroup_of(self, name: str) -> str | None:
        """Return the cgroup noted under a name; None if there is none."""
        try:
            return os.readlink(self._directory / name)
        except OSError:
            return None

    def strike(self, name: str) -> None:
        """Remove the note; idempotent."""
        with suppress(FileNotFoundError):
            os.unlink(self._directory / name)

    def entries(self) -> Mapping[str, str]:
        """Return all cgroups by name."""
        found = ((name, self.cgroup_of(name)) for name in os.listdir(self._directory))
        return {name: cgroup for name, cgroup in found if cgroup is not None}
