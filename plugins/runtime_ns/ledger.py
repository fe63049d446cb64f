"""The ledger: which cgroups this runtime made, each noted before it is made and struck out after it is gone.

A note is a symbolic link whose text is the cgroup's path: a single system call, whole or not there at all.
"""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sdk.linux.atomic import is_aside, replace_link


class Ledger:
    """Notes by name, in a directory on tmpfs that belongs to this ledger alone; it is made if it is missing. For any thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._replacing = threading.Lock()
        directory.mkdir(exist_ok=True)

    def enter(self, name: str, cgroup: str) -> None:
        """Note a cgroup; a note of that name is replaced, and is there all the while."""
        try:
            os.symlink(cgroup, self._directory / name)
        except FileExistsError:
            with self._replacing:
                replace_link(self._directory / name, cgroup)

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
        names = (name for name in os.listdir(self._directory) if not is_aside(name))
        found = ((name, self.cgroup_of(name)) for name in names)
        return {name: cgroup for name, cgroup in found if cgroup is not None}
