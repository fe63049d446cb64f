"""The engine itself on the wire: version, info, disk usage, events."""

from msgspec import UNSET, Struct, UnsetType, field


class PlatformName(Struct, rename="pascal"):
    name: str


class Component(Struct, rename="pascal"):
    name: str
    version: str
    details: dict[str, str]


class Version(Struct, rename="pascal"):
    platform: PlatformName
    components: list[Component]
    version: str
    api_version: str
    min_api_version: str = field(name="MinAPIVersion")
    git_commit: str
    go_version: str
    os: str
    arch: str
    kernel_version: str
    build_time: str
    experimental: bool = False


class PluginNames(Struct, rename="pascal"):
    volume: tuple[str, ...]
    network: tuple[str, ...]
    log: tuple[str, ...]
    authorization: tuple[str, ...] | None


class IndexConfig(Struct, rename="pascal"):
    name: str
    mirrors: tuple[str, ...]
    secure: bool
    official: bool


class RegistryConfig(Struct, rename="pascal"):
    insecure_registry_cidrs: tuple[str, ...] = field(name="InsecureRegistryCIDRs")
    index_configs: dict[str, IndexConfig]
    mirrors: tuple[str, ...]


class RuntimePath(Struct):
    path: str


class Commit(Struct, frozen=True):
    id: str = field(default="", name="ID")


class Swarm(Struct, frozen=True, rename="pascal"):
    """Always inactive."""

    node_id: str = field(default="", name="NodeID")
    node_addr: str = ""
    local_node_state: str = "inactive"
    control_available: bool = False
    error: str = ""
    remote_managers: None = None


class FirewallInfo(Struct, frozen=True, rename="pascal"):
    driver: str = "nftables"


class DiscoveredDevice(Struct, frozen=True, rename={"source": "Source", "id": "ID"}):
    source: str
    id: str


class AddressPool(Struct, rename="pascal"):
    base: str
    size: int


class Info(Struct, rename="pascal"):
    id: str = field(name="ID")
    containers: int
    containers_running: int
    containers_paused: int
    containers_stopped: int
    images: int
    driver: str
    driver_status: list[tuple[str, str]]
    plugins: PluginNames
    docker_root_dir: str
    system_time: str
    logging_driver: str
    cgroup_driver: str
    cgroup_version: str
    kernel_version: str
    operating_system: str
    os_version: str = field(name="OSVersion")
    architecture: str
    ncpu: int = field(name="NCPU")
    mem_total: int
    registry_config: RegistryConfig
    name: str
    labels: tuple[str, ...]
    server_version: str
    runtimes: dict[str, RuntimePath]
    default_runtime: str
    security_options: tuple[str, ...]
    warnings: tuple[str, ...] | None
    n_fd: int = field(name="NFd")
    n_goroutines: int
    n_events_listener: int
    bridge_nf_iptables: bool | UnsetType = field(default=UNSET, name="BridgeNfIptables")
    bridge_nf_ip6tables: bool | UnsetType = field(default=UNSET, name="BridgeNfIp6tables")
    experimental_build: bool = False
    os_type: str = field(default="linux", name="OSType")
    index_server_address: str = "https://index.docker.io/v1/"
    memory_limit: bool = True
    swap_limit: bool = True
    cpu_cfs_period: bool = True
    cpu_cfs_quota: bool = True
    cpu_shares: bool = field(default=True, name="CPUShares")
    cpu_set: bool = field(default=True, name="CPUSet")
    pids_limit: bool = True
    oom_kill_disable: bool = False
    ipv4_forwarding: bool = field(default=True, name="IPv4Forwarding")
    debug: bool = False
    http_proxy: str = field(default="", name="HttpProxy")
    https_proxy: str = ""
    no_proxy: str = ""
    generic_resources: None = None
    swarm: Swarm = Swarm()
    live_restore_enabled: bool = True
    isolation: str = ""
    init_binary: str = ""
    containerd_commit: Commit = Commit()
    runc_commit: Commit = Commit()
    init_commit: Commit = Commit()
    product_license: str = ""
    default_address_pools: list[AddressPool] | None = None
    cdi_spec_dirs: list[str] = field(default_factory=list, name="CDISpecDirs")
    firewall_backend: FirewallInfo | UnsetType = UNSET
    discovered_devices: list[DiscoveredDevice] | UnsetType = UNSET


class Actor(Struct, rename="pascal"):
    id: str = field(name="ID")
    attributes: dict[str, str]


class EventMessage(Struct):
    """Up to API 1.51 containers and images repeat themselves as `status`, `id` and `from`."""

    type: str = field(name="Type")
    action: str = field(name="Action")
    actor: Actor = field(name="Actor")
    scope: str
    time: int
    time_nano: int = field(name="timeNano")
    status: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    from_: str | UnsetType = field(default=UNSET, name="from")
