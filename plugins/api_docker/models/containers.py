"""Containers on the wire: list, inspect, create, and the small replies."""

from msgspec import UNSET, Struct, UnsetType, field

from sdk.docker.bodies import EndpointIPAM, HostConfig, HostPort
from sdk.oci.descriptor import Descriptor
from sdk.oci.image import HealthcheckConfig


class Port(Struct, omit_defaults=True, rename="pascal"):
    """A port in a list; without `ip` and `public_port` it is exposed only."""

    private_port: int
    type: str
    ip: str = field(default="", name="IP")
    public_port: int = 0


class MountPoint(Struct, rename="pascal"):
    type: str
    source: str
    destination: str
    mode: str
    rw: bool = field(name="RW")
    propagation: str
    name: str | UnsetType = UNSET
    driver: str | UnsetType = UNSET


class EndpointSettings(Struct, rename="pascal"):
    ipam_config: EndpointIPAM | None = field(name="IPAMConfig")
    links: tuple[str, ...] | None
    aliases: tuple[str, ...] | None
    mac_address: str
    driver_opts: dict[str, str] | None
    gw_priority: int
    network_id: str = field(name="NetworkID")
    endpoint_id: str = field(name="EndpointID")
    gateway: str
    ip_address: str = field(name="IPAddress")
    ip_prefix_len: int = field(name="IPPrefixLen")
    ipv6_gateway: str = field(name="IPv6Gateway")
    global_ipv6_address: str = field(name="GlobalIPv6Address")
    global_ipv6_prefix_len: int = field(name="GlobalIPv6PrefixLen")
    dns_names: tuple[str, ...] | None = field(name="DNSNames")


class SummaryHostConfig(Struct, rename="pascal"):
    network_mode: str
    annotations: dict[str, str] | UnsetType = UNSET


class SummaryNetworks(Struct, rename="pascal"):
    networks: dict[str, EndpointSettings]


class HealthSummary(Struct, rename="pascal"):
    status: str
    failing_streak: int


class ContainerSummary(Struct, rename="pascal"):
    """One container of a list, but for `Status`, which changes with time."""

    id: str
    names: tuple[str, ...]
    image: str
    image_id: str = field(name="ImageID")
    command: str
    created: int
    ports: list[Port]
    labels: dict[str, str]
    state: str
    host_config: SummaryHostConfig
    network_settings: SummaryNetworks
    mounts: list[MountPoint]
    size_rw: int | UnsetType = UNSET
    size_root_fs: int | UnsetType = UNSET
    image_manifest_descriptor: Descriptor | UnsetType = UNSET


class HealthcheckResult(Struct, rename="pascal"):
    start: str
    end: str
    exit_code: int
    output: str


class Health(Struct, rename="pascal"):
    status: str
    failing_streak: int
    log: list[HealthcheckResult]


class State(Struct, rename="pascal"):
    status: str
    running: bool
    paused: bool
    restarting: bool
    oom_killed: bool = field(name="OOMKilled")
    dead: bool
    pid: int
    exit_code: int
    error: str
    started_at: str
    finished_at: str
    health: Health | UnsetType = UNSET


class NetworkSettings(Struct, rename="pascal"):
    sandbox_id: str = field(name="SandboxID")
    sandbox_key: str
    ports: dict[str, list[HostPort] | None]
    networks: dict[str, EndpointSettings]


class OlderNetworkSettings(NetworkSettings, rename="pascal"):
    """Up to API 1.51 the place on the default bridge is told twice."""

    endpoint_id: str = field(name="EndpointID")
    gateway: str
    ip_address: str = field(name="IPAddress")
    ip_prefix_len: int = field(name="IPPrefixLen")
    ipv6_gateway: str = field(name="IPv6Gateway")
    global_ipv6_address: str = field(name="GlobalIPv6Address")
    global_ipv6_prefix_len: int = field(name="GlobalIPv6PrefixLen")
    mac_address: str
    bridge: str = ""
    hairpin_mode: bool = False
    link_local_ipv6_address: str = field(default="", name="LinkLocalIPv6Address")
    link_local_ipv6_prefix_len: int = field(default=0, name="LinkLocalIPv6PrefixLen")
    secondary_ip_addresses: None = field(default=None, name="SecondaryIPAddresses")
    secondary_ipv6_addresses: None = field(default=None, name="SecondaryIPv6Addresses")


class Config(Struct, rename="pascal"):
    """`Config` of an inspected container or image: Docker leaves some fields out when they are empty, more of them since API 1.52."""

    hostname: str
    domainname: str
    user: str
    attach_stdin: bool
    attach_stdout: bool
    attach_stderr: bool
    tty: bool
    open_stdin: bool
    stdin_once: bool
    env: tuple[str, ...]
    cmd: tuple[str, ...] | None
    image: str
    volumes: dict[str, dict[str, str]] | None
    working_dir: str
    entrypoint: tuple[str, ...] | None
    on_build: tuple[str, ...] | UnsetType | None
    labels: dict[str, str]
    exposed_ports: dict[str, dict[str, str]] | UnsetType = UNSET
    healthcheck: HealthcheckConfig | UnsetType = UNSET
    args_escaped: bool | UnsetType = UNSET
    network_disabled: bool | UnsetType = UNSET
    mac_address: str | UnsetType = UNSET
    stop_signal: str | UnsetType = UNSET
    stop_timeout: int | UnsetType = UNSET
    shell: tuple[str, ...] | UnsetType = UNSET


class GraphDriver(Struct, rename="pascal"):
    name: str
    data: dict[str, str] | None = None


class ContainerInspect(Struct, rename="pascal"):
    id: str
    created: str
    path: str
    args: tuple[str, ...]
    state: State
    image: str
    resolv_conf_path: str
    hostname_path: str
    hosts_path: str
    log_path: str
    name: str
    restart_count: int
    driver: str
    platform: str
    exec_ids: tuple[str, ...] | None = field(name="ExecIDs")
    host_config: HostConfig
    graph_driver: GraphDriver
    mounts: list[MountPoint]
    config: Config
    network_settings: NetworkSettings
    mount_label: str = ""
    process_label: str = ""
    app_armor_profile: str = ""
    size_rw: int | UnsetType = UNSET
    size_root_fs: int | UnsetType = UNSET
    image_manifest_descriptor: Descriptor | UnsetType = UNSET


class PlanStep(Struct, rename="pascal"):
    """A system call that makes a container, and why."""

    call: str
    reason: str


class ContainerCreated(Struct, rename="pascal"):
    id: str
    warnings: tuple[str, ...]


class WaitError(Struct, rename="pascal"):
    message: str


class WaitResponse(Struct, rename="pascal"):
    status_code: int
    error: WaitError | UnsetType = UNSET


class Top(Struct, rename="pascal"):
    titles: tuple[str, ...]
    processes: tuple[tuple[str, ...], ...]


class Updated(Struct, rename="pascal"):
    warnings: tuple[str, ...]


class FilesystemChange(Struct, rename="pascal"):
    """`kind` is 0 modified, 1 added, 2 deleted."""

    path: str
    kind: int


class ContainersPruned(Struct, rename="pascal"):
    containers_deleted: tuple[str, ...]
    space_reclaimed: int


class PathStat(Struct, rename="camel"):
    """The archive header's object. `mode` is Go's `os.FileMode`."""

    name: str
    size: int
    mode: int
    mtime: str
    link_target: str
