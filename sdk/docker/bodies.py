"""Bodies of Docker's API that tell how a container shall be: what a client sends, and what it reads back.

The Docker frontend decodes them, the command line client encodes them. A decoder drops JSON nulls before: absent and null mean the same
here, except where a field may be None.
"""

from msgspec import Struct, field

from sdk.engine.config import (
    DeviceMapping,
    DeviceRequest,
    LogConfig,
    ThrottleDevice,
    Ulimit,
    WeightDevice,
)
from sdk.oci.image import HealthcheckConfig


class ContainerConfig(Struct, frozen=True, kw_only=True, rename="pascal"):
    """`Config` of the API: portable between hosts. None in `cmd`, `entrypoint` or `shell` means "as the image says"."""

    hostname: str = ""
    domainname: str = ""
    user: str = ""
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    exposed_ports: dict[str, dict[str, str]] = {}
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: tuple[str, ...] = ()
    cmd: tuple[str, ...] | None = None
    healthcheck: HealthcheckConfig | None = None
    args_escaped: bool = False
    image: str = ""
    volumes: dict[str, dict[str, str]] = {}
    working_dir: str = ""
    entrypoint: tuple[str, ...] | None = None
    network_disabled: bool = False
    mac_address: str = ""
    on_build: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    stop_signal: str = ""
    stop_timeout: int | None = None
    shell: tuple[str, ...] | None = None


class HostPort(Struct, frozen=True, rename="pascal"):
    """One side of a port binding; the port is a number, a range `a-b` or empty for any."""

    host_ip: str = ""
    host_port: str = ""


class BindOptions(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """How a directory of the host is mounted."""

    propagation: str = ""
    non_recursive: bool = False
    create_mountpoint: bool = False
    read_only_non_recursive: bool = False
    read_only_force_recursive: bool = False


class VolumeDriverConfig(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """The driver of a volume that is made with the container, and its options."""

    name: str = ""
    options: dict[str, str] = {}


class VolumeOptions(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """How a volume is mounted."""

    no_copy: bool = False
    labels: dict[str, str] = {}
    driver_config: VolumeDriverConfig = VolumeDriverConfig()
    subpath: str = ""


class TmpfsOptions(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """`mode` is a permission number such as 0o1777; 0 means the default."""

    size_bytes: int = 0
    mode: int = 0
    options: tuple[tuple[str, ...], ...] = ()


class ImageOptions(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """How an image is mounted."""

    subpath: str = ""


class MountRequest(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """One `--mount`. `type` is bind, volume, tmpfs or image."""

    type: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False
    consistency: str = ""
    bind_options: BindOptions = BindOptions()
    volume_options: VolumeOptions = VolumeOptions()
    tmpfs_options: TmpfsOptions = TmpfsOptions()
    image_options: ImageOptions = ImageOptions()


class RestartPolicy(Struct, frozen=True, rename="pascal"):
    """`name` is "", no, always, unless-stopped or on-failure. `maximum_retry_count` is of on-failure."""

    name: str = ""
    maximum_retry_count: int = 0


class HostConfig(Struct, frozen=True, kw_only=True, rename="pascal"):
    """`HostConfig` of the API: what ties the container to this host. 0, "", () and None mean "the engine's default".
    `pids_limit` is a count of processes and threads.
    """

    binds: tuple[str, ...] = ()
    container_id_file: str = field(default="", name="ContainerIDFile")
    log_config: LogConfig = LogConfig()
    network_mode: str = ""
    port_bindings: dict[str, tuple[HostPort, ...]] = {}
    restart_policy: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    volume_driver: str = ""
    volumes_from: tuple[str, ...] = ()
    console_size: tuple[int, int] = (0, 0)
    annotations: dict[str, str] = {}
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    cgroupns_mode: str = ""
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    group_add: tuple[str, ...] = ()
    ipc_mode: str = ""
    cgroup: str = ""
    links: tuple[str, ...] | None = None
    oom_score_adj: int = 0
    pid_mode: str = ""
    privileged: bool = False
    publish_all_ports: bool = False
    readonly_rootfs: bool = False
    security_opt: tuple[str, ...] = ()
    storage_opt: dict[str, str] = {}
    tmpfs: dict[str, str] = {}
    uts_mode: str = field(default="", name="UTSMode")
    userns_mode: str = ""
    shm_size: int = 0
    sysctls: dict[str, str] = {}
    runtime: str = ""
    isolation: str = ""
    cpu_shares: int = 0
    memory: int = 0
    nano_cpus: int = 0
    cgroup_parent: str = ""
    blkio_weight: int = 0
    blkio_weight_device: tuple[WeightDevice, ...] = ()
    blkio_device_read_bps: tuple[ThrottleDevice, ...] = ()
    blkio_device_write_bps: tuple[ThrottleDevice, ...] = ()
    blkio_device_read_iops: tuple[ThrottleDevice, ...] = field(default=(), name="BlkioDeviceReadIOps")
    blkio_device_write_iops: tuple[ThrottleDevice, ...] = field(default=(), name="BlkioDeviceWriteIOps")
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_realtime_period: int = 0
    cpu_realtime_runtime: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    devices: tuple[DeviceMapping, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
    device_requests: tuple[DeviceRequest, ...] = ()
    memory_reservation: int = 0
    memory_swap: int = 0
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    pids_limit: int | None = None
    ulimits: tuple[Ulimit, ...] = ()
    init: bool | None = None
    mounts: tuple[MountRequest, ...] = ()
    masked_paths: tuple[str, ...] | None = None
    readonly_paths: tuple[str, ...] | None = None


class UpdateRequest(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is None stays as it is; a `pids_limit` of 0 is none."""

    cpu_shares: int | None = None
    memory: int | None = None
    nano_cpus: int | None = None
    blkio_weight: int | None = None
    blkio_weight_device: tuple[WeightDevice, ...] | None = None
    blkio_device_read_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_write_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_read_iops: tuple[ThrottleDevice, ...] | None = field(default=None, name="BlkioDeviceReadIOps")
    blkio_device_write_iops: tuple[ThrottleDevice, ...] | None = field(default=None, name="BlkioDeviceWriteIOps")
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


class EndpointIPAM(
    Struct,
    frozen=True,
    omit_defaults=True,
    rename={"ipv4_address": "IPv4Address", "ipv6_address": "IPv6Address", "link_local_ips": "LinkLocalIPs"},
):
    """Addresses that a client asks for."""

    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()


class EndpointConfig(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is asked of a container's attachment to one network.
    The network of the highest `gw_priority` has the container's default route.
    """

    ipam_config: EndpointIPAM | None = field(default=None, name="IPAMConfig")
    links: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: dict[str, str] = {}
    gw_priority: int = 0
