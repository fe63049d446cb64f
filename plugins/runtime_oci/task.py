"""A container made by the binary."""

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import anyio
import msgspec

from plugins.runtime_oci.binary import CommandFailed
from plugins.runtime_oci.console import ConsoleSocket
from plugins.runtime_oci.failures import EXEC, reason_of, start_failed
from plugins.runtime_oci.launch import BinaryFailed, Launch, launch
from plugins.runtime_oci.plans import make_plan
from plugins.runtime_oci.removal import remove
from plugins.runtime_oci.stats import read_stats
from plugins.runtime_oci.surroundings import Identity, Surroundings
from sdk.drivers.runtime import ExitStatus, ProcessIO, RunningProcess, Task, TaskStats
from sdk.errors import Conflict, InvalidArgument, NotRunning
from sdk.linux.cgroups.memory import shortages
from sdk.oci import runtime as oci
from sdk.shim.process import ShimProcess, Supervised

PATIENCE = 2
"""Seconds that a killed container may take to be gone before the binary is asked to insist."""


class OCITask(ShimProcess, Task):
    """`ShimProcess` does what all processes do; the rest are commands of the binary."""

    def __init__(self, made: Supervised, identity: Identity, around: Surroundings) -> None:
        super().__init__(made)
        self._identity = identity
        self._around = around

    def _completed(self, status: ExitStatus) -> ExitStatus:
        killed = self._around.cgroups.ran_out_of_memory(self._identity.cgroups_path)
        return ExitStatus(status.code, status.at_ns, oom_killed=killed)

    def _command(self, *words: str, stdin: bytes = b"") -> bytes:
        if self.exit_status is not None:
            raise NotRunning(self._identity.id)
        return self._around.binary.run(*words, self._identity.id, stdin=stdin)

    async def exec(self, exec_id: str, process: oci.Process, io: ProcessIO, *, privileged: bool = False) -> RunningProcess:  # noqa: ARG002 - the process has its capabilities
        if self.exit_status is not None:
            raise NotRunning(self._identity.id)
        made = await self._around.offload(lambda: self._launch(exec_id, process, io))
        further = ShimProcess(made)
        further.watch()
        return further

    def _launch(self, exec_id: str, process: oci.Process, io: ProcessIO) -> Supervised:
        files = self._identity.files
        console = ConsoleSocket(self._around.consoles) if io.terminal else None
        try:
            files.write_process(exec_id, process, io)
            return launch(self._around.executor, self._exec_request(exec_id, io, console))
        except BinaryFailed as failure:
            raise self._exec_error(reason_of(files.log(exec_id), failure), process) from None
        finally:
            if console:
                console.close()
            files.remove_process(exec_id)

    def _exec_request(self, exec_id: str, io: ProcessIO, console: ConsoleSocket | None) -> Launch:
        files, pid_file = self._identity.files, self._identity.files.pid_file(exec_id)
        command = self._around.binary.command(
            "exec",
            "--detach",
            "--process",
            files.process(exec_id),
            "--pid-file",
            pid_file,
            *(("--console-socket", console.path) if console else ()),
            self._identity.id,
            log=files.log(exec_id),
        )
        title = (*self._around.title, self._identity.id, exec_id)
        return Launch(plan=make_plan(command, linger=False), io=io, title=title, pid_file=pid_file, console=console)

    def _exec_error(self, reason: str, process: oci.Process) -> Exception:
        if "stopped container" in reason or "is not running" in reason or "does not exist" in reason:
            return NotRunning(self._identity.id)
        return start_failed(reason, process.args[0] if process.args else "", EXEC)

    async def pause(self) -> None:
        await self._around.offload(lambda: self._freeze("pause", "paused"))

    async def resume(self) -> None:
        await self._around.offload(lambda: self._freeze("resume", "running"))

    def _freeze(self, command: str, wanted: str) -> None:
        try:
            self._command(command)
        except CommandFailed as error:
            state = self._around.binary.state(self._identity.id)
            if state is None or state.status == "stopped":
                raise NotRunning(self._identity.id) from None
            if state.status != wanted:
                raise Conflict(f"cannot {command} container {self._identity.id}: {error}") from None

    async def update(self, resources: oci.Resources) -> None:
        changes = msgspec.json.encode(resources)
        try:
            await self._around.offload(lambda: self._command("update", "--resources", "-", stdin=changes))
        except CommandFailed as error:
            raise InvalidArgument(f"Cannot update container {self._identity.id}: {error}") from None

    async def stats(self) -> TaskStats:
        if self.exit_status is not None:
            raise NotRunning(self._identity.id)
        return await self._around.offload(lambda: read_stats(self._around.cgroups.version, self._identity.cgroups_path))

    def out_of_memory(self) -> AsyncIterator[None]:
        cgroups = self._around.cgroups
        return shortages(str(cgroups.memory_directory(self._identity.cgroups_path)), cgroups.version)

    async def pids(self) -> Sequence[int]:
        return await self._around.offload(self._read_pids)

    def _read_pids(self) -> Sequence[int]:
        try:
            return msgspec.json.decode(self._command("ps", "--format", "json"), type=tuple[int, ...] | None) or ()
        except (CommandFailed, NotRunning):
            return ()

    async def delete(self) -> None:
        if self.exit_status is None:
            await self._kill()
        await self._around.offload(lambda: remove(self._identity, self._around))
        await self._around.offload(self._end_shim)
        self._identity.files.remove()
        self.close()

    async def _kill(self) -> None:
        """Kill the first process and wait for its end; one that is frozen has to be thawed for that."""
        await self.signal(signal.SIGKILL)
        with anyio.move_on_after(PATIENCE / 10):
            await self.wait()
            return
        with suppress(CommandFailed, NotRunning):
            await self._around.offload(lambda: self._command("resume"))
        with anyio.move_on_after(PATIENCE):
            await self.wait()
