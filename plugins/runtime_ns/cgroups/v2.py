"""Control groups, version 2: one directory."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress

from plugins.runtime_ns.cgroups import files
from plugins.runtime_ns.cgroups.device_program import DevicePrograms
from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.cgroups.parents import CgroupParents
from plugins.runtime_ns.cgroups.v2_limits import set_limits
from plugins.runtime_ns.cgroups.v2_stats import read_brief, read_stats
from sdk.drivers.runtime import TaskStats
from sdk.linux.mount import open_tree
from sdk.oci.runtime import Resources
from sdk.shim.plan import Plan, Slot

_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "pids")


class CgroupV2(Cgroup):
    """`mount` is where the hierarchy is mounted."""

    version = 2

    def __init__(self, path: str, mount: str, parents: CgroupParents, programs: DevicePrograms) -> None:
        super().__init__(path)
        self._mount = mount
        self._directory = f"{mount}/{path.strip('/')}"
        self._parents = parents
        self._programs = programs

    def create(self, resources: Resources) -> None:
        self._parents.fill(os.path.dirname(self.path), self._make_parents, self._make)
        set_limits(self._directory, resources)
        if resources.devices:
            self._programs.attach(self._directory, resources.devices)

    def update(self, resources: Resources) -> None:
        set_limits(self._directory, resources)

    def join(self, plan: Plan) -> None:
        """Nothing to add: the process is born in it."""

    def open_doors(self, _plan: Plan, /) -> Sequence[Slot]:
        return ()

    def join_by(self, plan: Plan, doors: Sequence[Slot]) -> None:
        """Nothing to add: the process is born in it."""

    def open_directory(self, pid: int = 0, /) -> int | None:
        """See `Cgroup`. It is of a mount of its own: for a moment the process born into it has it, and `..` must lead nowhere."""
        directory = self._directory
        if pid and (inside := _place_of(pid)).startswith(self.path):
            directory = f"{self._mount}/{inside.strip('/')}"
        tree = open_tree(directory, clone=True)
        try:
            return os.open(f"/proc/self/fd/{tree}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        finally:
            os.close(tree)

    def freeze(self) -> None:
        files.write(f"{self._directory}/cgroup.freeze", "1")
        deadline = time.monotonic() + files.PATIENCE
        while not self.is_frozen():
            if time.monotonic() > deadline:
                self.thaw()
                raise TimeoutError(f"{self.path} does not freeze")
            time.sleep(0.001)

    def thaw(self) -> None:
        files.write(f"{self._directory}/cgroup.freeze", "0")

    def is_frozen(self) -> bool:
        return files.read_table(f"{self._directory}/cgroup.events").get("frozen") == 1

    def pids(self) -> Sequence[int]:
        return files.processes(self._directory)

    def oom_kills(self) -> int:
        return files.read_table(f"{self._directory}/memory.events").get("oom_kill", 0)

    @property
    def memory_directory(self) -> str:
        return self._directory

    def stats(self) -> TaskStats:
        return read_stats(self._directory)

    def brief_stats(self) -> TaskStats | None:
        return read_brief(self._directory)

    def exists(self) -> bool:
        return os.path.isdir(self._directory)

    def kill(self) -> None:
        with suppress(FileNotFoundError):  # also on kernels before 5.14, which have no such file
            files.write(f"{self._directory}/cgroup.kill", "1")
        files.kill_processes(self._directory)

    def destroy(self) -> None:
        self.kill()
        files.remove(self._directory)

    def remove_if_empty(self) -> bool:
        return files.removed_if_empty(self._directory)

    def _make(self) -> None:
        files.make(self._directory)

    def _make_parents(self) -> None:
        directory = self._mount
        for name in self.path.strip("/").split("/")[:-1]:
            _hand_down(directory)
            directory += f"/{name}"
            files.make(directory)
        _hand_down(directory)


def _hand_down(directory: str) -> None:
    """Let the children of a cgroup have every controller it has itself."""
    available = files.read(f"{directory}/cgroup.controllers").split()
    for controller in _CONTROLLERS:
        if controller in available:
            with suppress(OSError):  # a cgroup with processes of its own: its children go without limits
                files.write(f"{directory}/cgroup.subtree_control", f"+{controller}")


def _place_of(pid: int) -> str:
    for line in files.read(f"/proc/{pid}/cgroup").splitlines():
        if line.startswith("0::"):
            return line[3:]
    return ""
