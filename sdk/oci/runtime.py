"""The runtime specification's configuration (runtime-spec: config.md, config-linux.md), as far as Linux goes.

Encoded with msgspec it is a valid `config.json`. Values are immutable: change one with `msgspec.structs.replace`.
"""

from msgspec import Struct, field


class User(Struct, frozen=True, omit_defaults=True, rename="camel"):
    uid: int = 0
    gid: int = 0
    umask: int | None = None
    additional_gids: tuple[int, ...] = ()


class ConsoleSize(Struct, frozen=True):
    height: int
    width: int


class Capabilities(Struct, frozen=True, omit_defaults=True):
    """Names with the CAP_ prefix."""

    bounding: tuple[str, ...] = ()
    effective: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    inheritable: tuple[str, ...] = ()
    ambient: tuple[str, ...] = ()


class Rlimit(Struct, frozen=True):
    """`type` is RLIMIT_NOFILE and so on; RLIM_INFINITY is 2**64 - 1."""

    type: str
    hard: int
    soft: int


class Process(Struct, frozen=True, omit_defaults=True, rename="camel"):
    args: tuple[str, ...]
    cwd: str
    user: User
    env: tuple[str, ...] = ()
    terminal: bool = False
    console_size: ConsoleSize | None = None
    capabilities: Capabilities | None = None
    rlimits: tuple[Rlimit, ...] = ()
    no_new_privileges: bool = False
    oom_score_adj: int | None = None
    apparmor_profile: str = ""
    selinux_label: str = ""


class Root(Struct, frozen=True, omit_defaults=True):
    path: str
    readonly: bool = False


class Mount(Struct, frozen=True, omit_defaults=True):
    """Options are mount(8)'s: flags (ro, nosuid, rbind, rslave, ...) and filesystem data, as runc reads them."""

    destination: str
    type: str = ""
    source: str = ""
    options: tuple[str, ...] = ()


class Namespace(Struct, frozen=True, omit_defaults=True):
    """`type` is pid, network, mount, ipc, uts, user, cgroup or time. A path joins that namespace instead of making one."""

    type: str
    path: str = ""


class IDMapping(Struct, frozen=True, rename={"container_id": "containerID", "host_id": "hostID"}):
    container_id: int
    host_id: int
    size: int


class Device(Struct, frozen=True, omit_defaults=True, rename="camel"):
    path: str
    type: str
    major: int = 0
    minor: int = 0
    file_mode: int = 0o666
    uid: int = 0
    gid: int = 0


class DeviceRule(Struct, frozen=True, omit_defaults=True):
    """A None major or minor stands for all."""

    allow: bool
    type: str = "a"
    major: int | None = None
    minor: int | None = None
    access: str = field(default_factory=lambda: "rwm")  # a factory, since runc wants the field written out always


class MemoryLimits(Struct, frozen=True, omit_defaults=True, rename={"disable_oom_killer": "disableOOMKiller"}):
    """Bytes; -1 is unlimited. `swap` is memory plus swap, as in the specification."""

    limit: int | None = None
    reservation: int | None = None
    swap: int | None = None
    swappiness: int | None = None
    disable_oom_killer: bool | None = None


class CPULimits(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """`quota` and `period` in microseconds."""

    shares: int | None = None
    quota: int | None = None
    period: int | None = None
    realtime_runtime: int | None = None
    realtime_period: int | None = None
    cpus: str = ""
    mems: str = ""


class PidsLimit(Struct, frozen=True):
    limit: int


class ThrottleDevice(Struct, frozen=True):
    major: int
    minor: int
    rate: int


class WeightDevice(Struct, frozen=True):
    major: int
    minor: int
    weight: int


class BlockIOLimits(Struct, frozen=True, omit_defaults=True, rename="camel"):
    weight: int | None = None
    weight_device: tuple[WeightDevice, ...] = ()
    throttle_read_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_read_iops_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_iops_device: tuple[ThrottleDevice, ...] = ()


class Resources(Struct, frozen=True, omit_defaults=True, rename={"block_io": "blockIO"}):
    devices: tuple[DeviceRule, ...] = ()
    memory: MemoryLimits | None = None
    cpu: CPULimits | None = None
    pids: PidsLimit | None = None
    block_io: BlockIOLimits | None = None


class SeccompArg(Struct, frozen=True, omit_defaults=True, rename="camel"):
    index: int
    value: int
    op: str
    value_two: int = 0


class SeccompRule(Struct, frozen=True, omit_defaults=True, rename="camel"):
    names: tuple[str, ...]
    action: str
    errno_ret: int | None = None
    args: tuple[SeccompArg, ...] = ()


class Seccomp(Struct, frozen=True, omit_defaults=True, rename="camel"):
    default_action: str
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] = ()
    syscalls: tuple[SeccompRule, ...] = ()


class Linux(Struct, frozen=True, omit_defaults=True, rename="camel"):
    namespaces: tuple[Namespace, ...] = ()
    devices: tuple[Device, ...] = ()
    cgroups_path: str = ""
    resources: Resources | None = None
    sysctl: dict[str, str] = {}
    seccomp: Seccomp | None = None
    rootfs_propagation: str = ""
    masked_paths: tuple[str, ...] = ()
    readonly_paths: tuple[str, ...] = ()
    mount_label: str = ""
    uid_mappings: tuple[IDMapping, ...] = ()
    gid_mappings: tuple[IDMapping, ...] = ()


class Hook(Struct, frozen=True, omit_defaults=True):
    """A program of the host; `timeout` in seconds."""

    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int | None = None


class Hooks(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Programs that a runtime runs at steps of a container's life (config.md "POSIX-platform Hooks")."""

    prestart: tuple[Hook, ...] = ()
    create_runtime: tuple[Hook, ...] = ()
    create_container: tuple[Hook, ...] = ()
    start_container: tuple[Hook, ...] = ()
    poststart: tuple[Hook, ...] = ()
    poststop: tuple[Hook, ...] = ()


class Spec(Struct, frozen=True, omit_defaults=True, rename="camel"):
    oci_version: str
    process: Process
    root: Root
    hostname: str = ""
    domainname: str = ""
    mounts: tuple[Mount, ...] = ()
    linux: Linux = Linux()
    annotations: dict[str, str] = {}
    hooks: Hooks | None = None
