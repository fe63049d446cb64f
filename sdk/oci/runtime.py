"""The runtime specification's configuration (runtime-spec: config.md, config-linux.md), as far as Linux goes.

Encoded with msgspec it is a valid `config.json`. Values are immutable: change one with `msgspec.structs.replace`.
"""

from msgspec import Struct, field


class User(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Whom a process runs as (config.md, user). `umask` is as umask(2) takes it."""

    uid: int = 0
    gid: int = 0
    umask: int | None = None
    additional_gids: tuple[int, ...] = ()


class ConsoleSize(Struct, frozen=True):
    """The size of a terminal."""

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
    """`type` is RLIMIT_NOFILE and so on; RLIM_INFINITY is 2**64 - 1. `soft` and `hard` are in the limit's own unit."""

    type: str
    hard: int
    soft: int


class Process(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The process of a container (config.md, process)."""

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
    """The root of a container's file system."""

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
    """A range of `size` IDs from `container_id` on, which are those from `host_id` on outside."""

    container_id: int
    host_id: int
    size: int


class Device(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A device to be made in a container. `file_mode` is the mode's permission bits."""

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
    """`limit`, `reservation` and `swap`, which is memory plus swap as in the specification, are bytes; -1 is unlimited. `swappiness` is 0 to
    100.
    """

    limit: int | None = None
    reservation: int | None = None
    swap: int | None = None
    swappiness: int | None = None
    disable_oom_killer: bool | None = None


class CPULimits(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """`quota`, `period`, `realtime_runtime` and `realtime_period` are microseconds, `shares` is relative to other containers."""

    shares: int | None = None
    quota: int | None = None
    period: int | None = None
    realtime_runtime: int | None = None
    realtime_period: int | None = None
    cpus: str = ""
    mems: str = ""


class PidsLimit(Struct, frozen=True):
    """How many processes and threads there may be. `limit` -1 is any number."""

    limit: int


class ThrottleDevice(Struct, frozen=True):
    """A device's limit. `rate` is bytes or operations a second."""

    major: int
    minor: int
    rate: int


class WeightDevice(Struct, frozen=True):
    """A device's share of block I/O."""

    major: int
    minor: int
    weight: int


class BlockIOLimits(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Limits and shares of block I/O."""

    weight: int | None = None
    weight_device: tuple[WeightDevice, ...] = ()
    throttle_read_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_read_iops_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_iops_device: tuple[ThrottleDevice, ...] = ()


class Resources(Struct, frozen=True, omit_defaults=True, rename={"block_io": "blockIO"}):
    """The limits of a container (config-linux.md, control groups)."""

    devices: tuple[DeviceRule, ...] = ()
    memory: MemoryLimits | None = None
    cpu: CPULimits | None = None
    pids: PidsLimit | None = None
    block_io: BlockIOLimits | None = None


class SeccompArg(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A comparison of a system call's argument: that at `index` with `value`, and for masked ones with `value_two` (seccomp(2))."""

    index: int
    value: int
    op: str
    value_two: int = 0


class SeccompRule(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is done about some system calls. `errno_ret` is the error number that they return."""

    names: tuple[str, ...]
    action: str
    errno_ret: int | None = None
    args: tuple[SeccompArg, ...] = ()


class Seccomp(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A filter of system calls (config-linux.md, seccomp). `default_errno_ret` is the error number of what no rule names."""

    default_action: str
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] = ()
    syscalls: tuple[SeccompRule, ...] = ()


class Linux(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What of a container's configuration is Linux's own (config-linux.md)."""

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
    """A container's configuration: `config.json` of a bundle (runtime-spec, config.md)."""

    oci_version: str
    process: Process
    root: Root
    hostname: str = ""
    domainname: str = ""
    mounts: tuple[Mount, ...] = ()
    linux: Linux = Linux()
    annotations: dict[str, str] = {}
    hooks: Hooks | None = None
