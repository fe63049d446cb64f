"""The ledger: which cgroup belongs to which container, written before it is made and struck out after it is gone.

One symbolic link per container whose text is the cgroup's path: a single system call, whole or not there at all.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Ledger:
    """`directory` belongs to the runtime alone and is on tmpfs."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def enter(self, container_id: str, cgroup: str) -> None:
        """Note a cgroup; a note that is there already is replaced."""
        path = self._directory / container_id
        try:
            os.symlink(cgroup, path)
        except FileExistsError:
            os.unlink(path)
            os.symlink(cgroup, path)

    def cgroup_of(self, container_id: str) -> str | None:
        """Return a container's cgroup; None if it has none."""
        try:
            return os.readlink(self._directory / container_id)
        except OSError:
            return None

    def strike(self, container_id: str) -> None:
        """Remove the note; idempotent."""
        with suppress(FileNotFoundError):
            os.unlink(self._directory / container_id)

    def entries(self) -> Mapping[str, str]:
        """Return all cgroups by container."""
        found = ((name, self.cgroup_of(name)) for name in os.listdir(self._directory))
        return {name: cgroup for name, cgroup in found if cgroup is not None}
