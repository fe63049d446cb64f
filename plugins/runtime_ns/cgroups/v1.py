"""Control groups, version 1: a directory in every controller's hierarchy."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence

from plugins.runtime_ns.cgroups import files
from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.cgroups.parents import CgroupParents
from plugins.runtime_ns.cgroups.v1_limits import device_rules, set_limits
from plugins.runtime_ns.cgroups.v1_stats import read_brief, read_stats
from plugins.runtime_ns.constants import AT_FDCWD
from plugins.runtime_ns.paths import write_file
from sdk.drivers.runtime import TaskStats
from sdk.errors import Conflict
from sdk.oci.runtime import Resources
from sdk.shim.plan import Plan, Slot

_COMPLAINT = "unable to apply cgroup: {error}"


class CgroupV1(Cgroup):
    """`mounts` are the controllers' mount points; controllers mounted together share one."""

    version = 1

    def __init__(self, path: str, mounts: Mapping[str, str], parents: CgroupParents) -> None:
        super().__init__(path)
        self._mounts = mounts
        self._parents = parents
        self._directories = {controller: f"{mount}/{path.strip('/')}" for controller, mount in mounts.items()}
        self._distinct = tuple(dict.fromkeys(self._directories.values()))

    def create(self, resources: Resources) -> None:
        self._parents.fill(os.path.dirname(self.path), self._make_parents, self._make)
        set_limits(self._directories, resources)
        if resources.devices and "devices" in self._directories:
            self._set_devices(resources)

    def update(self, resources: Resources) -> None:
        set_limits(self._directories, resources)

    def join(self, plan: Plan) -> None:
        for directory in self._distinct:
            # Writing to cgroup.procs takes a lock that waits for all CPUs; a single thread need not.
            write_file(plan, f"{directory}/tasks", "0", why=f"limits of {directory}", complaint=_COMPLAINT)

    def open_doors(self, plan: Plan, /) -> Sequence[Slot]:
        doors = [plan.slot() for _ in self._distinct]
        for door, directory in zip(doors, self._distinct, strict=True):
            arguments = AT_FDCWD, f"{directory}/tasks", os.O_WRONLY | os.O_CLOEXEC, 0
            plan.call("openat", *arguments, why=f"limits of {directory}", complaint=_COMPLAINT, store=door)
        return doors

    def join_by(self, plan: Plan, doors: Sequence[Slot]) -> None:
        for door, directory in zip(doors, self._distinct, strict=True):
            plan.call("write", door, b"0", 1, why=f"limits of {directory}", complaint=_COMPLAINT)
            plan.call("close", door, why="done with it")

    def open_directory(self, _pid: int = 0, /) -> int | None:
        return None

    def freeze(self) -> None:
        self._set_freezer("FROZEN")
        deadline = time.monotonic() + files.PATIENCE
        while not self.is_frozen():
            if time.monotonic() > deadline:
                self.thaw()
                raise TimeoutError(f"{self.path} does not freeze")
            self._set_freezer("FROZEN")
            time.sleep(0.001)

    def thaw(self) -> None:
        self._set_freezer("THAWED")

    def is_frozen(self) -> bool:
        return files.read(f"{self._directories.get('freezer', '')}/freezer.state") == "FROZEN"

    def pids(self) -> Sequence[int]:
        return files.processes(self._any)

    def oom_kills(self) -> int:
        return files.read_table(f"{self.memory_directory}/memory.oom_control").get("oom_kill", 0)

    @property
    def memory_directory(self) -> str:
        return self._directories.get("memory", "")

    def stats(self) -> TaskStats:
        return read_stats(self._directories)

    def brief_stats(self) -> TaskStats | None:
        return read_brief(self._directories)

    def exists(self) -> bool:
        return any(map(os.path.isdir, self._distinct))

    def kill(self) -> None:
        if files.processes(self._any):
            if self.is_frozen():
                self.thaw()
            files.kill_processes(self._any)

    def destroy(self) -> None:
        if self.remove_if_empty():
            return
        self.kill()
        for directory in self._distinct:
            files.remove(directory)

    def remove_if_empty(self) -> bool:
        gone = [files.removed_if_empty(directory) for directory in self._distinct]
        return all(gone)

    @property
    def _any(self) -> str:
        return self._directories.get("pids", self._distinct[0])

    def _set_freezer(self, state: str) -> None:
        if "freezer" not in self._directories:
            raise Conflict("this kernel has no freezer: a container cannot be paused")
        files.write(f"{self._directories['freezer']}/freezer.state", state)

    def _set_devices(self, resources: Resources) -> None:
        directory = self._directories["devices"]
        for name, rules in device_rules(resources.devices):
            descriptor = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CLOEXEC)
            try:
                for rule in rules:
                    os.write(descriptor, rule.encode())
            finally:
                os.close(descriptor)

    def _make(self) -> None:
        for directory in self._distinct:
            files.make(directory)
        if self.path.count("/") == 1 and "cpuset" in self._directories:  # the root passes nothing on to its children
            _inherit_cpuset(self._directories["cpuset"])

    def _make_parents(self) -> None:
        for mount in dict.fromkeys(self._mounts.values()):
            for parent in _parents(mount, self.path):
                files.make(parent)
                if mount == self._mounts.get("cpuset"):
                    _inherit_cpuset(parent)


def _parents(mount: str, path: str) -> Iterator[str]:
    directory = mount
    for name in path.strip("/").split("/")[:-1]:
        directory += f"/{name}"
        yield directory


def _inherit_cpuset(directory: str) -> None:
    """Give a cpuset what its parent has, and let its children get that by themselves: without it no process can join."""
    parent = os.path.dirname(directory)
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not files.read(f"{directory}/{name}"):
            files.write(f"{directory}/{name}", files.read(f"{parent}/{name}"))
    files.write(f"{directory}/cgroup.clone_children", "1")
