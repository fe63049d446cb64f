"""A container as this process knows it: its record, and what exists only while the daemon lives."""

from collections import deque
from dataclasses import dataclass, field

import anyio

from core.containers.life.record import ContainerRecord
from core.streams.hub import OutputHub
from core.streams.pump import PumpSet
from sdk.drivers.logs import ContainerLog
from sdk.drivers.runtime import RunningProcess, Task
from sdk.engine.containers import ContainerInfo, ExecRequest, Health, WaitResult
from sdk.oci import runtime as oci


@dataclass(slots=True, eq=False)
class Exec:
    """A further process of a container. `exit_code` is None until it ended or failed to start."""

    id: str
    request: ExecRequest
    process: RunningProcess | None = None
    hub: OutputHub = field(default_factory=OutputHub)
    started: bool = False
    exit_code: int | None = None
    ready: anyio.Event = field(default_factory=anyio.Event)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.started and self.exit_code is None


@dataclass(slots=True, eq=False)
class Outcome:
    """An end that will come: wait for `event`, then read `result`."""

    event: anyio.Event = field(default_factory=anyio.Event)
    result: WaitResult = WaitResult(0)

    def settle(self, result: WaitResult) -> None:
        """Tell everybody who waits."""
        self.result = result
        self.event.set()


@dataclass(slots=True, eq=False)
class Tidying:
    """What the runtime keeps of an ended run is freed a moment later, or at once when somebody needs its place."""

    needed: anyio.Event = field(default_factory=anyio.Event)
    done: anyio.Event = field(default_factory=anyio.Event)

    async def finish(self) -> None:
        """Have it done now."""
        self.needed.set()
        await self.done.wait()


@dataclass(slots=True, eq=False)
class LiveContainer:
    """Mutable on purpose: the one place where a container's present is kept. Only verbs that hold `lock` change `record.state`.

    `restarts` counts the clients that have it restarted right now: while there is one, its end does not remove it. `ended_execs` are the
    processes that came to an end, oldest first, with the monotonic time of that.
    """

    record: ContainerRecord
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    hub: OutputHub = field(default_factory=OutputHub)
    task: Task | None = None
    log: ContainerLog | None = None
    health: Health | None = None
    execs: dict[str, Exec] = field(default_factory=dict)
    ended_execs: deque[tuple[float, str]] = field(default_factory=deque)
    info: ContainerInfo | None = None
    pumps: PumpSet | None = None
    process: oci.Process | None = None
    started: anyio.Event = field(default_factory=anyio.Event)
    next_exit: Outcome = field(default_factory=Outcome)
    removal: Outcome = field(default_factory=Outcome)
    wake: anyio.Event = field(default_factory=anyio.Event)
    tidying: Tidying | None = None
    backoff: float = 0.0
    restarts: int = 0
    files_touched: bool = False
    health_scope: anyio.CancelScope | None = None
    memory_scope: anyio.CancelScope | None = None

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def name(self) -> str:
        return self.record.name
