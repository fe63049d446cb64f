"""How a container shall be: its configuration and its host configuration, the engine's vocabulary.

A frontend turns what it received into these values; the engine parses no text of an API. They are also what the database keeps.
"""

from enum import StrEnum

from msgspec import Struct

from sdk.drivers.network import PortBinding
from sdk.engine.modes import NamespaceMode, NetworkMode
from sdk.engine.mounts import Mount, VolumesFrom
from sdk.engine.security import Security
from sdk.oci.image import HealthcheckConfig
from sdk.oci.ports import Port
from sdk.oci.runtime import DeviceRule


class Opaque(Struct, frozen=True, array_like=True):
    """What a frontend keeps with a container for itself: stored, given back as it came, and never looked into by the engine.

    `frontend` says whose it is: others leave it alone.
    """

    frontend: str
    content: bytes


class ContainerConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a container is portable between hosts. None in `cmd`, `entrypoint` or `shell` means "as the image says".

    `volumes` are paths that get a volume of their own unless something else is mounted there.
    """

    hostname: str = ""
    domainname: str = ""
    user: str = ""
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    exposed_ports: tuple[Port, ...] = ()
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: tuple[str, ...] = ()
    cmd: tuple[str, ...] | None = None
    healthcheck: HealthcheckConfig | None = None
    args_escaped: bool = False
    image: str = ""
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    entrypoint: tuple[str, ...] | None = None
    network_disabled: bool = False
    mac_address: str = ""
    on_build: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    stop_signal: str = ""
    stop_timeout: int | None = None
    shell: tuple[str, ...] | None = None


class LogConfig(Struct, frozen=True, rename="pascal"):
    """The log driver by name, and its options (--log-opt)."""

    type: str = ""
    config: dict[str, str] = {}


class RestartKind(StrEnum):
    """When a container that ended is started again."""

    NO = "no"
    ALWAYS = "always"
    UNLESS_STOPPED = "unless-stopped"
    ON_FAILURE = "on-failure"


class RestartPolicy(Struct, frozen=True, omit_defaults=True):
    """Whether a container that ended is started again; `maximum_retry_count` is for failures, 0 sets no limit."""

    kind: RestartKind = RestartKind.NO
    maximum_retry_count: int = 0


class HostEntry(Struct, frozen=True, array_like=True):
    """A line of a container's /etc/hosts. An address of "" stands for the host, as the container reaches it."""

    name: str
    address: str = ""


class DeviceMapping(Struct, frozen=True, rename="pascal"):
    """A device of the host, its path in the container, and what may be done with it (`rwm`)."""

    path_on_host: str
    path_in_container: str = ""
    cgroup_permissions: str = "rwm"


class DeviceRequest(
    Struct,
    frozen=True,
    rename={"device_ids": "DeviceIDs", "driver": "Driver", "count": "Count", "capabilities": "Capabilities", "options": "Options"},
):
    """Devices that a driver finds: by name, or (`count`) that many, all below 0. `capabilities` are groups, one of which is to be had whole."""

    driver: str = ""
    count: int = 0
    device_ids: tuple[str, ...] | None = None
    capabilities: tuple[tuple[str, ...], ...] | None = None
    options: dict[str, str] | None = None


class Ulimit(Struct, frozen=True, rename="pascal"):
    """A limit of setrlimit(2), by its name in small letters without RLIMIT_. `soft` and `hard` are in its own unit; -1 is no limit."""

    name: str
    soft: int = 0
    hard: int = 0


class ThrottleDevice(Struct, frozen=True, rename="pascal"):
    """A device's limit. `rate` is bytes or operations a second."""

    path: str
    rate: int


class WeightDevice(Struct, frozen=True, rename="pascal"):
    """A device's share of block I/O."""

    path: str
    weight: int


class Link(Struct, frozen=True, array_like=True):
    """Another container under a name that one has for it alone; an alias of "" is the container's own name."""

    container: str
    alias: str = ""

    @property
    def name(self) -> str:
        """The name that the other container has by it."""
        return self.alias or self.container


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a container may use, and its share of it. 0, "", () and None set no limit; a `pids_limit` of 0 or less says so.

    Sizes and rates are bytes, periods and quotas microseconds.
    """

    cpu_shares: int = 0
    memory: int = 0
    nano_cpus: int = 0
    blkio_weight: int = 0
    blkio_weight_device: tuple[WeightDevice, ...] = ()
    blkio_device_read_bps: tuple[ThrottleDevice, ...] = ()
    blkio_device_write_bps: tuple[ThrottleDevice, ...] = ()
    blkio_device_read_iops: tuple[ThrottleDevice, ...] = ()
    blkio_device_write_iops: tuple[ThrottleDevice, ...] = ()
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_realtime_period: int = 0
    cpu_realtime_runtime: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    memory_reservation: int = 0
    memory_swap: int = 0
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    pids_limit: int | None = None


class HostConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ties a container to this host. 0, "", () and None mean "the engine's default"."""

    log_config: LogConfig = LogConfig()
    network_mode: NetworkMode = NetworkMode()
    port_bindings: tuple[PortBinding, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    volume_driver: str = ""
    volumes_from: tuple[VolumesFrom, ...] = ()
    console_size: tuple[int, int] = (0, 0)
    annotations: dict[str, str] = {}
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    cgroupns_mode: NamespaceMode = NamespaceMode()
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[HostEntry, ...] = ()
    group_add: tuple[str, ...] = ()
    ipc_mode: NamespaceMode = NamespaceMode()
    links: tuple[Link, ...] | None = None
    oom_score_adj: int = 0
    pid_mode: NamespaceMode = NamespaceMode()
    privileged: bool = False
    publish_all_ports: bool = False
    readonly_rootfs: bool = False
    security: Security = Security()
    storage_opt: dict[str, str] = {}
    uts_mode: NamespaceMode = NamespaceMode()
    userns_mode: NamespaceMode = NamespaceMode()
    shm_size: int = 0
    sysctls: dict[str, str] = {}
    runtime: str = ""
    limits: Limits = Limits()
    cgroup_parent: str = ""
    devices: tuple[DeviceMapping, ...] = ()
    device_cgroup_rules: tuple[DeviceRule, ...] = ()
    device_requests: tuple[DeviceRequest, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    init: bool | None = None
    mounts: tuple[Mount, ...] = ()
    masked_paths: tuple[str, ...] | None = None
    readonly_paths: tuple[str, ...] | None = None


class UpdateRequest(Struct, frozen=True, kw_only=True):
    """What of a container changes: what is None stays as it is; a `pids_limit` of 0 is none."""

    cpu_shares: int | None = None
    memory: int | None = None
    nano_cpus: int | None = None
    blkio_weight: int | None = None
    blkio_weight_device: tuple[WeightDevice, ...] | None = None
    blkio_device_read_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_write_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_read_iops: tuple[ThrottleDevice, ...] | None = None
    blkio_device_write_iops: tuple[ThrottleDevice, ...] | None = None
    cpu_period: int | None = None
    cpu_quota: int | None = None
    cpu_realtime_period: int | None = None
    cpu_realtime_runtime: int | None = None
    cpuset_cpus: str | None = None
    cpuset_mems: str | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None
    pids_limit: int | None = None
    restart_policy: RestartPolicy | None = None


class EndpointIPAM(Struct, frozen=True, omit_defaults=True):
    """Addresses that are asked for."""

    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()


class EndpointConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of a container's attachment to one network.
    The network of the highest `gw_priority` has the container's default route.
    """

    ipam_config: EndpointIPAM | None = None
    links: tuple[Link, ...] = ()
    aliases: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: dict[str, str] = {}
    gw_priority: int = 0
