"""The run of a container: what exists from the start of its process to its settled end."""

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from core.streams.pump import PumpSet
from sdk.drivers.logs import ContainerLog
from sdk.drivers.runtime import Task
from sdk.oci import runtime as oci


@dataclass(slots=True, eq=False)
class Tidying:
    """What the runtime keeps of an ended run is freed a moment later, or at once when the next start needs its place."""

    needed: anyio.Event = field(default_factory=anyio.Event)
    done: anyio.Event = field(default_factory=anyio.Event)

    async def finish(self) -> None:
        """Have it done now."""
        self.needed.set()
        await self.done.wait()


@dataclass(slots=True, eq=False)
class Run:
    """One after another; only these methods change it.

    `process` is what further processes are modelled on. `memory_watch` is the scope in which the kernel is heard of its
    memory. `log` stays open between runs for those who read it. `tidying` is that of the run before.
    """

    task: Task | None = None
    pumps: PumpSet | None = None
    process: oci.Process | None = None
    log: ContainerLog | None = None
    started: anyio.Event = field(default_factory=anyio.Event)
    tidying: Tidying | None = None
    memory_watch: anyio.CancelScope | None = None

    def begin(self, task: Task) -> None:
        """Take the task of a process that runs, and let those go on who wait for it."""
        self.task = task
        self.started.set()

    def carry(self, pumps: PumpSet) -> None:
        """Take what carries its output."""
        self.pumps = pumps

    def model(self, process: oci.Process) -> oci.Process:
        """Take, and return, the process that further ones are modelled on."""
        self.process = process
        return process

    def forget_model(self) -> None:
        """Note that there can be no further processes: the first one has ended."""
        self.process = None

    def opened_log(self, open_log: Callable[[], ContainerLog]) -> ContainerLog:
        """Return the log, opening it once."""
        if self.log is None:
            self.log = open_log()
        return self.log

    def leave(self) -> None:
        """Let go of task and pumps: the process has ended."""
        self.task = None
        self.pumps = None

    def watch_memory(self) -> anyio.CancelScope:
        """Return the scope of a watch over its memory, until that is ended."""
        self.memory_watch = anyio.CancelScope()
        return self.memory_watch

    def end_memory_watch(self) -> None:
        """End the watch; idempotent."""
        if self.memory_watch is not None:
            self.memory_watch.cancel()
            self.memory_watch = None

    def over(self) -> None:
        """Have those who come from now on wait for the next start."""
        self.started = anyio.Event()

    def tidy(self) -> Tidying:
        """Return the tidying of this run, for which the next start waits."""
        self.tidying = Tidying()
        return self.tidying

    def close(self) -> None:
        """Stop reading its output and close what this daemon holds of it; the process does not notice."""
        if self.pumps is not None:
            self.pumps.stop()
        if self.task is not None:
            self.task.close()
        if self.log is not None:
            self.log.close()
