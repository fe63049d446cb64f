"""A started container."""

import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from signal import SIGKILL

import anyio
from msgspec.structs import replace

from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.context import RuntimeContext
from plugins.runtime_ns.exec_plan import exec_plan
from plugins.runtime_ns.failures import exec_failed
from plugins.runtime_ns.record import TaskRecord, remove_records
from plugins.runtime_ns.steps.capabilities import all_capabilities, capability_sets
from plugins.runtime_ns.steps.security import Confinement
from plugins.runtime_ns.templates import own_words
from sdk.drivers.runtime import ExitStatus, ProcessIO, RunningProcess, Task, TaskStats
from sdk.errors import Conflict, NotRunning
from sdk.linux.cgroups.memory import shortages
from sdk.linux.pidfd import await_end
from sdk.oci import runtime as oci
from sdk.shim.launch import Launch, PlanFailed, launch
from sdk.shim.layout import CGROUP_FD, TARGET_FD
from sdk.shim.process import ShimProcess, Supervised

_GRACE = 5.0
"""Seconds for a killed process to be seen to end before its supervisor is taken away."""

_ENDING = 0.1
"""Seconds between the end of the others of a PID namespace and that of its first process, at most."""


class NamespaceTask(ShimProcess, Task):
    """One container: its process, its cgroup and its bundle's directory."""

    def __init__(
        self, container_id: str, directory: Path, supervised: Supervised, record: TaskRecord, context: RuntimeContext
    ) -> None:
        super().__init__(supervised)
        self._id = container_id
        self._directory = directory
        self._record = record
        self._context = context
        self._cgroup: Cgroup = context.machine.hierarchy.cgroup(record.cgroup)

    async def exec(self, exec_id: str, process: oci.Process, io: ProcessIO, *, privileged: bool = False) -> RunningProcess:
        if self._process is None:
            raise NotRunning(self._id)
        # A descriptor of its own: if the container ends meanwhile, the number of ours may soon stand for another one.
        target = os.dup(self._process)
        try:
            made = ShimProcess(
                await self._context.in_thread(partial(self._exec, target, exec_id, process, io, privileged=privileged))
            )
        finally:
            os.close(target)
        made.watch()
        return made

    async def pause(self) -> None:
        self._require_running()
        await self._context.in_thread(self._cgroup.freeze)

    async def resume(self) -> None:
        self._require_running()
        await self._context.in_thread(self._cgroup.thaw)

    async def update(self, resources: oci.Resources) -> None:
        await self._context.in_thread(partial(self._cgroup.update, resources))

    async def stats(self) -> TaskStats:
        return await self._context.in_thread(self._cgroup.stats)

    def out_of_memory(self) -> AsyncIterator[None]:
        directory = self._cgroup.memory_directory
        return shortages(directory, self._cgroup.version) if directory else super().out_of_memory()

    async def pids(self) -> Sequence[int]:
        return await self._context.in_thread(self._cgroup.pids)

    async def delete(self) -> None:
        if self.exit_status is None:
            await self._kill()
        await self._context.in_thread(self._free)
        self.close()

    async def _kill(self) -> None:
        """Kill the process and see it end, so that the clients that wait learn its real status."""
        await self._context.in_thread(self._thaw)
        await self.signal(SIGKILL)
        with anyio.move_on_after(_GRACE):
            await self.wait()

    def _thaw(self) -> None:
        if self._cgroup.is_frozen():
            self._cgroup.thaw()

    def _free(self) -> None:
        self._begin_end_of_shim()  # it dies while the cgroup is removed
        self._context.destroy(self._id, self._cgroup)
        self._end_shim()
        remove_records(self._directory)

    def _completed(self, status: ExitStatus) -> ExitStatus:
        if not self._cgroup.oom_kills():
            return status
        return ExitStatus(status.code, status.at_ns, oom_killed=True)

    def _require_running(self) -> None:
        if self.exit_status is not None:
            raise NotRunning(self._id)

    def _exec(self, target: int, exec_id: str, process: oci.Process, io: ProcessIO, *, privileged: bool) -> Supervised:
        if self._cgroup.is_frozen():
            raise Conflict(f"Container {self._id} is paused, unpause the container before exec")
        confinement = self._confinement(process, privileged=privileged)
        if privileged:
            process = replace(process, no_new_privileges=False, apparmor_profile="")
        with ExitStack() as opened:
            descriptors = {TARGET_FD: target}
            try:
                directory = self._cgroup.open_directory(self.pid)
            except FileNotFoundError:
                raise NotRunning(self._id) from None
            if directory is not None:
                opened.callback(os.close, directory)
                descriptors[CGROUP_FD] = directory
            kind = (process, io, confinement, self._cgroup.path)
            build = partial(exec_plan, process, io, confinement, self._context.machine, self._cgroup)
            plan = self._context.execs.program(kind, own_words(self._id), build)
            title = (*self._context.title, self._id, exec_id)
            try:
                return launch(self._context.executor, Launch(plan=plan, io=io, title=title, descriptors=descriptors))
            except PlanFailed as failure:
                if failure.errno == errno.ESRCH:  # there is nothing to join any more
                    raise NotRunning(self._id) from failure
                raise exec_failed(failure) from failure
            except OSError as failure:
                if await_end(target, _ENDING):  # it was killed with the others of its PID namespace
                    raise NotRunning(self._id) from failure
                raise

    def _confinement(self, process: oci.Process, *, privileged: bool) -> Confinement:
        if privileged:
            return Confinement(all_capabilities(self._context.capabilities))
        return Confinement(capability_sets(process.capabilities, self._context.capabilities), self._record.seccomp)
