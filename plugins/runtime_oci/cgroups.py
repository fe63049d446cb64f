"""The cgroups of containers: where they are, whether memory ran out there, and the removal of what a broken start left.

The binaries make and remove them; this looks, and cleans up behind one that was killed.
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sdk.linux.cgroups.mounts import cgroup_mounts
from sdk.oci.cgroups import clean_cgroup_path

MOUNT = Path("/sys/fs/cgroup")
PATIENCE = 5
"""Longest wait, in seconds, for killed processes to be gone."""


@dataclass(frozen=True, slots=True)
class Cgroups:
    """`hierarchies` are the mount points of all hierarchies: one on version 2. `parent` holds
    the containers of this daemon, of all its runtimes; also those that do not say where."""

    version: int
    hierarchies: tuple[Path, ...]
    parent: str

    @classmethod
    def of_this_host(cls, instance: str) -> "Cgroups":
        """Return those of this host for a daemon's instance."""
        parent = f"/core-{instance}"
        if cgroup_mounts().version == 2:
            return cls(2, (MOUNT,), parent)
        found = {entry.resolve() for entry in MOUNT.iterdir() if entry.is_mount() or entry.is_symlink()}
        return cls(1, tuple(sorted(found)), parent)

    def path(self, container_id: str, asked: str) -> str:
        """Return a container's path in every hierarchy; `..` does not lead out of them."""
        return clean_cgroup_path(asked) if asked else f"{self.parent}/{container_id}"

    def directories(self, path: str) -> list[Path]:
        """Return the directories there are of a path."""
        places = (hierarchy / path.lstrip("/") for hierarchy in self.hierarchies)
        return [place for place in places if place.is_dir()]

    def children(self) -> list[Path]:
        """Return the directories of containers below the common parent."""
        return [child for place in self.directories(self.parent) for child in place.iterdir() if child.is_dir()]

    def memory_directory(self, path: str) -> Path:
        """Return the directory of a path's memory controller."""
        return (MOUNT if self.version == 2 else MOUNT / "memory") / path.lstrip("/")

    def ran_out_of_memory(self, path: str) -> bool:
        """Tell whether the kernel killed something there for want of memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        with suppress(OSError):
            for line in (self.memory_directory(path) / name).read_text().splitlines():
                key, _, count = line.partition(" ")
                if key == "oom_kill":
                    return count != "0"
        return False

    def destroy(self, path: str) -> None:
        """Kill what is there and remove the directories; idempotent. Blocks while killed processes take their time."""
        deadline = time.monotonic() + PATIENCE
        while (left := self.directories(path)) and time.monotonic() < deadline:
            for directory in left:
                _empty(directory)
            if self.directories(path):
                time.sleep(0.005)

    def remove_parent(self) -> None:
        """Remove the common parent if no container is left; idempotent."""
        for directory in self.directories(self.parent):
            with suppress(OSError):
                directory.rmdir()


def _empty(directory: Path) -> None:
    """Kill the processes in a directory and below, and remove what has none any more, the deepest first."""
    for below, _, _ in os.walk(directory, topdown=False):
        with suppress(OSError), open(os.path.join(below, "freezer.state"), "r+") as freezer:
            freezer.write("THAWED")  # the frozen do not die
        with suppress(OSError):
            for pid in (Path(below) / "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
        with suppress(OSError):
            os.rmdir(below)
