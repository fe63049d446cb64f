"""What the client reads of the API's replies; everything else in them is ignored."""

from msgspec import Struct, field

Labels = dict[str, str]


class Created(Struct, frozen=True, rename="pascal"):
    id: str
    warnings: list[str] | None = None


class Waited(Struct, frozen=True, rename="pascal"):
    status_code: int


class Port(Struct, frozen=True, rename={"ip": "IP", "private_port": "PrivatePort", "public_port": "PublicPort", "type": "Type"}):
    private_port: int
    type: str
    ip: str = ""
    public_port: int = 0


class ContainerSummary(Struct, frozen=True, rename="pascal"):
    id: str
    names: list[str]
    image: str
    command: str
    created: int
    status: str
    ports: list[Port] = []


class ContainerState(Struct, frozen=True, rename="pascal"):
    running: bool = False
    exit_code: int = 0


class ContainerConfig(Struct, frozen=True, rename="pascal"):
    tty: bool = False
    open_stdin: bool = False


class Binding(Struct, frozen=True, rename="pascal"):
    host_ip: str = ""
    host_port: str = ""


class NetworkSettings(Struct, frozen=True, rename="pascal"):
    ports: dict[str, list[Binding] | None] | None = None


class Container(Struct, frozen=True, rename="pascal"):
    id: str
    name: str
    state: ContainerState
    config: ContainerConfig
    network_settings: NetworkSettings = NetworkSettings()


class Processes(Struct, frozen=True, rename="pascal"):
    titles: list[str]
    processes: list[list[str]]


class Exec(Struct, frozen=True, rename="pascal"):
    exit_code: int | None = None
    running: bool = False


class ImageSummary(Struct, frozen=True, rename="pascal"):
    id: str
    created: int
    size: int
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None


class Removal(Struct, frozen=True, rename="pascal"):
    untagged: str = ""
    deleted: str = ""


class ImagesPruned(Struct, frozen=True, rename="pascal"):
    images_deleted: list[Removal] | None = None
    space_reclaimed: int = 0


class ProgressDetail(Struct, frozen=True):
    current: int = 0
    total: int = 0


class ErrorDetail(Struct, frozen=True):
    message: str = ""


class Progress(Struct, frozen=True, rename={"progress_detail": "progressDetail", "error_detail": "errorDetail"}):
    status: str = ""
    id: str = ""
    stream: str = ""
    error: str = ""
    progress_detail: ProgressDetail = ProgressDetail()
    error_detail: ErrorDetail | None = None


class Usage(Struct, frozen=True):
    total_usage: int = 0


class CPU(Struct, frozen=True):
    cpu_usage: Usage = Usage()
    system_cpu_usage: int = 0
    online_cpus: int = 0


class Memory(Struct, frozen=True):
    usage: int = 0
    limit: int = 0
    stats: dict[str, int] = {}


class Interface(Struct, frozen=True):
    rx_bytes: int = 0
    tx_bytes: int = 0


class BlockIO(Struct, frozen=True):
    op: str
    value: int


class BlockIOStats(Struct, frozen=True):
    io_service_bytes_recursive: list[BlockIO] | None = None


class Pids(Struct, frozen=True):
    current: int = 0


class Sample(Struct, frozen=True):
    name: str = ""
    id: str = ""
    cpu_stats: CPU = CPU()
    precpu_stats: CPU = CPU()
    memory_stats: Memory = Memory()
    blkio_stats: BlockIOStats = BlockIOStats()
    pids_stats: Pids = Pids()
    networks: dict[str, Interface] | None = None


class Volume(Struct, frozen=True, rename="pascal"):
    name: str
    driver: str


class Volumes(Struct, frozen=True, rename="pascal"):
    volumes: list[Volume] | None = None


class Pruned(Struct, frozen=True, rename="pascal"):
    space_reclaimed: int = 0
    volumes_deleted: list[str] | None = None
    networks_deleted: list[str] | None = None


class Network(Struct, frozen=True, rename="pascal"):
    id: str
    name: str
    driver: str
    scope: str


class Actor(Struct, frozen=True):
    id: str = field(default="", name="ID")
    attributes: Labels = field(default={}, name="Attributes")


class Event(Struct, frozen=True, rename={"type": "Type", "action": "Action", "actor": "Actor", "time_nano": "timeNano"}):
    type: str
    action: str
    actor: Actor = Actor()
    time_nano: int = 0


class RuleMet(Struct, frozen=True, rename="pascal"):
    chain: str
    rule: str
    effect: str = ""


class PlanStep(Struct, frozen=True, rename="pascal"):
    call: str
    reason: str


class PacketPath(Struct, frozen=True, rename="pascal"):
    host_ip: str = field(name="HostIp")
    host_port: int
    container_port: int
    protocol: str
    origin: str
    rules: list[RuleMet]
    result: str


class Version(
    Struct, rename={"version": "Version", "api_version": "ApiVersion", "kernel": "KernelVersion", "os": "Os", "arch": "Arch"}
):
    version: str
    api_version: str
    kernel: str = ""
    os: str = ""
    arch: str = ""


class Info(
    Struct,
    frozen=True,
    rename={
        "containers": "Containers",
        "running": "ContainersRunning",
        "paused": "ContainersPaused",
        "stopped": "ContainersStopped",
        "images": "Images",
        "version": "ServerVersion",
        "storage": "Driver",
        "logging": "LoggingDriver",
        "cgroup_driver": "CgroupDriver",
        "cgroup_version": "CgroupVersion",
        "runtime": "DefaultRuntime",
        "kernel": "KernelVersion",
        "system": "OperatingSystem",
        "architecture": "Architecture",
        "cpus": "NCPU",
        "memory": "MemTotal",
        "name": "Name",
        "root": "DockerRootDir",
        "warnings": "Warnings",
    },
):
    containers: int
    running: int
    paused: int
    stopped: int
    images: int
    version: str
    storage: str
    logging: str
    cgroup_driver: str
    cgroup_version: str
    runtime: str
    kernel: str
    system: str
    architecture: str
    cpus: int
    memory: int
    name: str
    root: str
    warnings: list[str] | None = None


class Span(Struct, frozen=True, rename="pascal"):
    """A span of a trace; times in nanoseconds since 1970."""

    id: str
    parent: str
    name: str
    start: int
    end: int
    attributes: dict[str, str | int]
    error: str


class TraceSummary(Struct, frozen=True, rename="pascal"):
    id: str
    first: str
    start: int
    end: int
    span_count: int


class Trace(Struct, frozen=True, rename="pascal"):
    id: str
    running: int
    dropped: int
    spans: list[Span]

    @property
    def first(self) -> Span:
        """The span that began first, of those the longest."""
        return min(self.spans, key=lambda span: (span.start, -span.end))

    @property
    def times(self) -> tuple[int, int]:
        """When it began, and how long it took."""
        began = self.first.start
        return began, max(span.end for span in self.spans) - began
