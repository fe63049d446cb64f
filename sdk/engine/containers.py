"""What a frontend may ask about containers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sdk.drivers.logs import LogRecord, LogRequest, StdStream
from sdk.drivers.network import PortBinding
from sdk.drivers.runtime import TaskStats
from sdk.drivers.storage import Change
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig, Opaque, UpdateRequest
from sdk.oci.descriptor import Descriptor, Platform

Filters = Mapping[str, tuple[str, ...]]
"""List filters as clients send them: all keys must match, any value of a key may. Unknown keys raise InvalidArgument."""


class ContainerState(StrEnum):
    """Docker's words; exactly one holds."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


class HealthStatus(StrEnum):
    """What the health check says."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthProbe:
    """One run of a health check; times are wall-clock nanoseconds, output at most 4096 bytes."""

    start_ns: int
    end_ns: int
    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class Health:
    """The health check's newest results. `failing_streak` is how many failed since the last success."""

    status: HealthStatus
    failing_streak: int = 0
    log: tuple[HealthProbe, ...] = ()


@dataclass(frozen=True, slots=True)
class MountPoint:
    """A mount of a container as inspect shows it. `type` is bind, volume, tmpfs or image."""

    type: str
    source: str
    destination: str
    writable: bool
    name: str = ""
    driver: str = ""
    propagation: str = ""


@dataclass(frozen=True, slots=True)
class NetworkAttachment:
    """A container's place on one network. Addresses are empty while it does not run."""

    network_id: str
    config: EndpointConfig
    endpoint_id: str = ""
    mac_address: str = ""
    ipv4_address: str = ""
    ipv4_prefix: int = 0
    ipv4_gateway: str = ""
    ipv6_address: str = ""
    ipv6_prefix: int = 0
    ipv6_gateway: str = ""
    dns_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ContainerInfo:
    """All there is to tell about a container. The engine returns the same object until something changes: frontends may cache by identity.
    Times are wall-clock nanoseconds, 0 for never. `name` has no leading slash, nor have `link_names`: those by which others are linked to it,
    `web/db`. `opaque` is what the frontend that made it keeps with it, `manifest` that of its image (with its platform) while it is here.
    `restart_count` is how often its restart policy started it; `size_rw` and `size_root` are bytes, None unless asked for.
    """

    id: str
    name: str
    created_ns: int
    path: str
    args: tuple[str, ...]
    image_id: str
    image: str
    platform: Platform
    config: ContainerConfig
    host_config: HostConfig
    state: ContainerState
    pid: int
    exit_code: int
    error: str
    oom_killed: bool
    started_ns: int
    finished_ns: int
    restart_count: int
    health: Health | None
    mounts: tuple[MountPoint, ...]
    networks: Mapping[str, NetworkAttachment]
    ports: tuple[PortBinding, ...]
    sandbox_path: str
    log_path: str
    directory: str
    storage_driver: str
    exec_ids: tuple[str, ...] = ()
    size_rw: int | None = None
    size_root: int | None = None
    link_names: tuple[str, ...] = ()
    manifest: Descriptor | None = None
    opaque: Opaque | None = None


class Changed(StrEnum):
    """Whether a request changed anything; frontends turn NO into their "not modified"."""

    YES = "yes"
    NO = "no"


class WaitCondition(StrEnum):
    """What a client waits for."""

    NOT_RUNNING = "not-running"
    NEXT_EXIT = "next-exit"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """`opaque` is what the frontend keeps with the container."""

    config: ContainerConfig
    host_config: HostConfig
    networks: Mapping[str, EndpointConfig] = field(default_factory=dict)
    name: str = ""
    platform: Platform | None = None
    opaque: Opaque | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A new container's ID, and what its client should be told."""

    id: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which containers to list. `limit` 0 is all, else so many of the newest."""

    all: bool = False
    limit: int = 0
    size: bool = False
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitResult:
    """How a container ended; `error` is why it could not be waited for, or ""."""

    exit_code: int
    error: str = ""


class Waiter(Protocol):
    """A registered wait: exits from now on are not missed."""

    async def result(self) -> WaitResult:
        """Return how the container ended, once it has."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed. `space_reclaimed` is bytes."""

    deleted: tuple[str, ...]
    space_reclaimed: int


class Containers(Protocol):
    """The life of containers. `ref` is an ID, a unique prefix of one, or a name (with or without slash); NoSuchContainer otherwise."""

    async def create(self, request: CreateRequest) -> Created:
        """Make a container; it does not run. Raises NoSuchImage, NameInUse, InvalidArgument."""

    async def inspect(self, ref: str, *, size: bool = False) -> ContainerInfo:
        """Return everything about one; `size` makes it ask the storage driver for sizes."""

    async def list(self, request: ListRequest) -> Sequence[ContainerInfo]:
        """Newest first. Never waits for a container that is busy."""

    async def start(self, ref: str) -> Changed:
        """Run it. NO if it runs already; StartFailed if its process cannot be executed."""

    async def stop(self, ref: str, *, timeout: int | None = None, signal: str = "") -> Changed:
        """Ask it to end, kill it after `timeout` seconds (None: its own, -1: never). NO if it does not run."""

    async def restart(self, ref: str, *, timeout: int | None = None, signal: str = "") -> None:
        """Stop it, if it runs, as `stop` does, and start it."""

    async def kill(self, ref: str, signal: str = "") -> None:
        """Send a signal by name or number (default KILL). Raises NotRunning, InvalidArgument."""

    async def pause(self, ref: str) -> None:
        """Freeze its processes. Raises NotRunning, Conflict where it is paused."""

    async def unpause(self, ref: str) -> None:
        """Let its processes go on. Raises Conflict where it is not paused."""

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False, link: bool = False) -> None:
        """Delete it; with `link` only the link that `ref` names, `container/alias`. Raises Conflict while it runs, unless `force`."""

    async def explain(self, ref: str) -> Sequence[tuple[str, str]]:
        """Return every system call that makes it, as text, with the reason for it. Raises Unsupported where its runtime cannot tell."""

    async def rename(self, ref: str, name: str) -> None:
        """Give it another name. Raises NameInUse, InvalidArgument."""

    async def update(self, ref: str, request: UpdateRequest) -> Sequence[str]:
        """Change limits and restart policy, also while it runs. Returns warnings."""

    async def wait(self, ref: str, condition: WaitCondition) -> Waiter:
        """Register a wait and return at once; `result` then waits."""

    async def prune(self, filters: Filters) -> Pruned:
        """Remove those that do not run and match."""


class ProcessClient(Protocol):
    """The other end of an attached process: what a client typed comes from `receive`, what the process printed goes to `send`."""

    async def receive(self) -> bytes:
        """Return input; b"" when the client closed its write side, which ends nothing else.

        Called again after that, it waits until the connection is lost. Raises ConnectionError when it is.
        """

    async def send(self, stream: StdStream, data: bytes) -> None:
        """Deliver output, waiting while the client is slow. Raises ConnectionError when it is gone."""


class Session(Protocol):
    """An accepted attach or exec: `run` carries bytes until the process ends, the client detaches or goes away."""

    @property
    def terminal(self) -> bool:
        """Whether output is raw terminal bytes rather than two streams."""

    async def run(self, client: ProcessClient) -> None:
        """Carry output to the client and its input to the process, until either ends."""


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """Which streams of a container to attach, and whether its log comes first."""

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    stream: bool = False
    logs: bool = False
    detach_keys: str = ""


@dataclass(frozen=True, slots=True)
class LogSession:
    """A log that is being read."""

    terminal: bool
    batches: AsyncIterator[Sequence[LogRecord]]


@dataclass(frozen=True, slots=True)
class InterfaceStats:
    """Counters of one interface since it was made.
    `rx_packets`, `rx_errors`, `rx_dropped`, `tx_packets`, `tx_errors` and `tx_dropped` are counts.
    """

    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0


@dataclass(frozen=True, slots=True)
class StatsReading:
    """`system_ns` is CPU time of the whole machine, `at_ns` wall-clock time of the reading. `online_cpus` is a count."""

    at_ns: int
    system_ns: int
    online_cpus: int
    task: TaskStats
    networks: Mapping[str, InterfaceStats]


@dataclass(frozen=True, slots=True)
class StatsSample:
    """A reading and the one before it; None for both while the container does not run."""

    id: str
    name: str
    current: StatsReading | None
    previous: StatsReading | None


@dataclass(frozen=True, slots=True)
class ProcessTable:
    """What ps(1) says of a container's processes."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ContainerStreams(Protocol):
    """What a container says and does while it runs."""

    async def attach(self, ref: str, request: AttachRequest) -> Session:
        """Accepted for created, running and exited containers (it then waits for a start, or replays logs); Conflict for paused."""

    async def logs(self, ref: str, request: LogRequest) -> LogSession:
        """Open its log for reading. Raises Unsupported where its log driver cannot read."""

    async def stats(self, ref: str, *, stream: bool = True, one_shot: bool = False) -> AsyncIterator[StatsSample]:
        """One sample a second; a single one without `stream` (after two readings unless `one_shot`)."""

    async def stats_all(self) -> Mapping[str, StatsReading]:
        """One reading of every container that runs, by ID; one that ends meanwhile is left out. Made to be cheap: what
        `sdk.drivers.runtime.BatchStats` says may be missing."""

    async def top(self, ref: str, ps_args: str = "") -> ProcessTable:
        """List its processes as ps(1) does with these arguments. Raises NotRunning."""

    async def resize(self, ref: str, rows: int, columns: int) -> None:
        """Set the size of its terminal. Raises NotRunning, Conflict."""


@dataclass(frozen=True, slots=True)
class PathStat:
    """`mode` is st_mode; `link_target` is where a symlink leads inside the container."""

    name: str
    size: int
    mode: int
    mtime_ns: int
    link_target: str = ""


class ContainerFiles(Protocol):
    """A container's file system, running or not."""

    async def stat(self, ref: str, path: str) -> PathStat:
        """Return what is at a path in it. Raises NotFound."""

    async def read_archive(self, ref: str, path: str) -> tuple[PathStat, AsyncIterator[bytes]]:
        """Return a tar of a file or directory, named by its last component."""

    async def write_archive(
        self,
        ref: str,
        path: str,
        content: AsyncIterator[bytes],
        *,
        no_overwrite_dir_non_dir: bool = False,
        copy_uid_gid: bool = False,
    ) -> None:
        """Unpack a tar (plain or compressed) into an existing directory. Nothing leaves the container's root."""

    async def changes(self, ref: str) -> Sequence[Change]:
        """Return how its files differ from its image's."""

    async def export(self, ref: str) -> AsyncIterator[bytes]:
        """Return a tar of the whole file system."""


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """A further process to run in a container."""

    cmd: tuple[str, ...]
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    tty: bool = False
    privileged: bool = False
    user: str = ""
    working_dir: str = ""
    env: tuple[str, ...] = ()
    detach_keys: str = ""
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class ExecInfo:
    """`exit_code` is None until the process ended (or could not be started: 126 or 127)."""

    id: str
    container_id: str
    request: ExecRequest
    running: bool
    exit_code: int | None
    pid: int
    can_remove: bool = False


class Execs(Protocol):
    """Further processes in running containers."""

    async def create(self, ref: str, request: ExecRequest) -> str:
        """Return a new exec ID. Raises NotRunning, Conflict (paused), InvalidArgument (no command)."""

    async def start(self, exec_id: str, *, detach: bool = False, rows: int = 0, columns: int = 0) -> Session | None:
        """Accept the exec. Attached, the process starts when the session runs: failures are then text in the stream and an exit code
        in `inspect`. Detached it is started here, None is returned and StartFailed raised. Raises Conflict if it ran already."""

    async def inspect(self, exec_id: str) -> ExecInfo:
        """Return what is known of one. Raises NoSuchExec."""

    async def resize(self, exec_id: str, rows: int, columns: int) -> None:
        """Set the size of its terminal. Raises NoSuchExec, Conflict."""
