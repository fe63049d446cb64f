"""Runtimes: make a process out of an OCI bundle, supervise it, and find it again after the daemon's death.

The boundary is the OCI runtime specification. A runtime must keep a container alive, its output readable and its exit status known
without the daemon: the engine may be killed at any instant and call `adopt` later from a new process.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from sdk.drivers.deadlines import deadline
from sdk.drivers.storage import Mount
from sdk.oci import runtime as oci


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a runtime starts from.

    `path` is an existing directory on tmpfs that belongs to this container alone; the runtime may keep its state files there
    (names starting with `rt.`). `rootfs` are the mounts of the container's root, to be made inside its own mount namespace.
    The source of a bind mount may be a descriptor of the daemon (`sdk.linux.descriptors`), for a place that must not be looked up
    again: clone it before the mount namespace is made, as the kernel clones nothing of another one.
    """

    id: str
    path: Path
    spec: oci.Spec
    rootfs: Sequence[Mount]


@dataclass(frozen=True, slots=True)
class ProcessIO:
    """Which streams a process gets. With a terminal, stdin and stdout are one pseudo-terminal and there is no stderr."""

    terminal: bool = False
    stdin: bool = False
    stdout: bool = True
    stderr: bool = True
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """`code` is 0..255, 128+n for signal n. `at_ns` is the wall-clock time in nanoseconds when the exit was seen."""

    code: int
    at_ns: int
    oom_killed: bool = False


@dataclass(frozen=True, slots=True)
class CPUStats:
    """Nanoseconds since the container's start, but for the counts of throttling periods: `total` in `user` and `system` mode, `throttled_time` in
    `throttled_periods` of `periods`.
    """

    total: int = 0
    user: int = 0
    system: int = 0
    per_cpu: tuple[int, ...] = ()
    periods: int = 0
    throttled_periods: int = 0
    throttled_time: int = 0


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """Bytes: `usage` now, `maximum` ever, `limit` 0 for none. `failures` are hits of the limit, `oom_kills` processes killed for want of memory.
    `detail` is the kernel's memory.stat.
    """

    usage: int = 0
    maximum: int = 0
    limit: int = 0
    failures: int = 0
    detail: Mapping[str, int] = field(default_factory=dict)
    oom_kills: int = 0


@dataclass(frozen=True, slots=True)
class BlockIOEntry:
    """What a container did with one block device. `operation` is the kernel's word (`Read`, `Write`), `value` bytes or a count."""

    major: int
    minor: int
    operation: str
    value: int


@dataclass(frozen=True, slots=True)
class TaskStats:
    """One reading of a container's cgroup. `cgroup_version` tells which names `memory.detail` uses.
    `pids` are processes and threads, `pids_limit` 0 is no limit.
    """

    cgroup_version: int
    cpu: CPUStats = CPUStats()
    memory: MemoryStats = MemoryStats()
    pids: int = 0
    pids_limit: int = 0
    io_service_bytes: tuple[BlockIOEntry, ...] = ()
    io_serviced: tuple[BlockIOEntry, ...] = ()


class RunningProcess(ABC):
    """A process made by a runtime: the container's first one, or one made by exec."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """The process ID in the daemon's PID namespace."""

    @property
    @abstractmethod
    def stdout(self) -> int | None:
        """A non-blocking descriptor to read output (or the terminal) from; owned by this object, open until `close`."""

    @property
    @abstractmethod
    def stderr(self) -> int | None:
        """A non-blocking descriptor to read errors from; None with a terminal."""

    @abstractmethod
    def open_stdin(self) -> int | None:
        """Return a new non-blocking descriptor that writes to the process' stdin; the caller closes it.

        The process does not see end of file when it is closed, only by `close_stdin`. None if there is no (more) stdin.
        With a terminal this is the terminal. Works as well after the daemon was restarted.
        """

    @abstractmethod
    def close_stdin(self) -> None:
        """Give the process end of file on stdin once descriptors from `open_stdin` are closed too; idempotent. No effect on a terminal."""

    @abstractmethod
    async def wait(self) -> ExitStatus:
        """Return when the process has ended and was reaped. May be awaited by many, at any time, again."""

    @abstractmethod
    @deadline(30)
    async def signal(self, number: int) -> None:
        """Send a signal to this process; nothing happens when it has ended. Never reaches a recycled PID."""

    @abstractmethod
    @deadline(30)
    async def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size. Raises Conflict if the process has none."""

    @abstractmethod
    def close(self) -> None:
        """Close the descriptors this object owns. Does not end the process."""


class Task(RunningProcess):
    """A started container."""

    @abstractmethod
    @deadline(60)
    async def exec(self, exec_id: str, process: oci.Process, io: ProcessIO, *, privileged: bool = False) -> RunningProcess:
        """Run one more process in the container's namespaces and cgroups. Raises StartFailed, NotRunning."""

    @abstractmethod
    @deadline(60)
    async def pause(self) -> None:
        """Freeze every process of the container; idempotent."""

    @abstractmethod
    @deadline(60)
    async def resume(self) -> None:
        """Thaw; idempotent."""

    @abstractmethod
    @deadline(60)
    async def update(self, resources: oci.Resources) -> None:
        """Change limits of the running container; what is None stays. Raises InvalidArgument when the kernel refuses a value."""

    @abstractmethod
    @deadline(30)
    async def stats(self) -> TaskStats:
        """Read the container's counters."""

    async def out_of_memory(self) -> AsyncIterator[None]:
        """Yield whenever the kernel finds no memory for the container: it killed a process, or stopped one that it may not kill.

        Asked at the start of a container that has a memory limit, or when it gets one, and cancelled at its end. Several of a moment may be
        one. A runtime that cannot tell yields nothing and does not return. Raises OSError if the kernel refuses to tell.
        """
        await anyio.sleep_forever()
        yield

    @abstractmethod
    @deadline(30)
    async def pids(self) -> Sequence[int]:
        """Return the PIDs of all processes of the container in the daemon's PID namespace."""

    @abstractmethod
    @deadline(120)
    async def delete(self) -> None:
        """Kill whatever is left of the container, free its cgroups and this runtime's state; idempotent. Closes the descriptors."""


class Runtime(ABC):
    """Starts and finds containers."""

    @abstractmethod
    @deadline(120)
    async def start(self, bundle: Bundle, io: ProcessIO) -> Task:
        """Make the container and run its process; returns when execve has succeeded.

        Raises StartFailed with the sentence Docker's clients match on (`exec: "x": executable file not found in $PATH`, ...) and
        the exit code that belongs to it. When it raises, nothing is left behind.
        """

    @abstractmethod
    @deadline(60)
    async def adopt(self, container_id: str, path: Path) -> Task | None:
        """Find a container started by an earlier daemon with bundle directory `path`, running or ended since.

        Its output that no daemon read is still in the pipes; its exit status is known. None if there is no trace of it.
        """

    @abstractmethod
    @deadline(120)
    async def discard(self, container_id: str, path: Path) -> None:
        """Kill and free whatever exists of a container that cannot or shall not be adopted; idempotent."""

    @abstractmethod
    @deadline(120)
    async def audit(self) -> Sequence[str]:
        """Return one line per kernel object (cgroup, supervisor process, mount) this runtime made that still exists."""

    @deadline(30)
    async def status(self) -> Mapping[str, str]:
        """Return name-value pairs for `docker info`: at least CgroupVersion and CgroupDriver."""
        return {}


class BatchStats(ABC):
    """An optional ability of a runtime: read the counters of many containers at once, for monitors that ask every few seconds."""

    @abstractmethod
    @deadline(30)
    async def stats_many(self, container_ids: Sequence[str]) -> Mapping[str, TaskStats]:
        """Read the counters of running containers, by ID; one that has ended is left out.

        What costs time may be left out: the time by CPU, `pids_limit`, `io_serviced`, and of `memory.detail` all but the total (version
        1: `total_...`) of anonymous memory, of the page cache, and of its inactive part.
        """


class PlanExplainer(ABC):
    """An optional ability of a runtime: say beforehand what it will do to make a container."""

    @abstractmethod
    def describe(self, bundle: Bundle, io: ProcessIO) -> Sequence[tuple[str, str]]:
        """Return every system call that would make the container, as text, with the reason for it. Makes nothing."""
