"""From Docker's configuration to the runtime specification: what a container is made of, with nothing left to decide.

Everything here is pure but for the daemon's own capabilities, which are read once unless the request has them. What else must be
looked up (users, volumes, devices, namespaces of others) comes in with the request.
"""

from dataclasses import dataclass, field

from core.containers.limits.devices import HostDevices, container_devices
from core.containers.limits.resources import container_resources
from core.containers.limits.rlimits import rlimits
from core.containers.mounts.system_mounts import container_mounts
from core.containers.process.capabilities import available_capabilities, granted_capabilities, process_capabilities
from core.containers.process.init_process import init_mount, with_init
from core.containers.process.namespaces import SharedNamespaces, container_namespaces
from core.containers.process.seccomp_default import default_seccomp
from core.containers.process.seccomp_profile import load_profile
from core.containers.process.spec import console_size
from core.containers.process.sysctls import container_sysctls
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.modes import NamespaceKind
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.oci import runtime as oci

OCI_VERSION = "1.0.2"

MASKED_PATHS = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
"""What tells too much about the host, or changes it."""

READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecRequest:
    """All a spec is made of. `config` is already merged with the image's; `args`, `env`, `cwd` and `user` are final.

    `mounts` are those beside the system's (volumes, binds, tmpfs, resolv.conf and its like, a shared /dev/shm).
    `init_binary` is the host's init for `--init`, "" for none. `host_capabilities` is what this daemon may hand on.
    `apparmor` says whether the kernel has it: without it a profile's name is ignored, as in Docker.
    """

    id: str
    config: ContainerConfig
    host_config: HostConfig
    args: tuple[str, ...]
    host_devices: HostDevices
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: oci.User = oci.User()
    hostname: str = ""
    domainname: str = ""
    mounts: tuple[oci.Mount, ...] = ()
    namespaces: SharedNamespaces = field(default_factory=SharedNamespaces)
    cgroups_path: str = ""
    cgroup_version: int = 1
    rootfs: str = "rootfs"
    rootfs_propagation: str = ""
    init_binary: str = ""
    host_capabilities: frozenset[str] = field(default_factory=available_capabilities)
    apparmor: bool = False


def build_spec(request: SpecRequest) -> oci.Spec:
    """Return the container's spec. Raises InvalidArgument for options that cannot be combined or understood."""
    host = request.host_config
    security = host.security
    capabilities = granted_capabilities(
        host.cap_add, host.cap_drop, privileged=host.privileged, available=request.host_capabilities
    )
    return oci.Spec(
        oci_version=OCI_VERSION,
        process=_process(request, security, capabilities),
        root=oci.Root(request.rootfs, readonly=host.readonly_rootfs),
        hostname="" if host.uts_mode.is_host or request.namespaces.uts else request.hostname,
        mounts=container_mounts(host, _own_mounts(request), writable_cgroups=security.writable_cgroups),
        linux=_linux(request, security, capabilities),
        annotations=dict(host.annotations),
    )


def _has_init(request: SpecRequest) -> bool:
    return bool(request.init_binary) and request.host_config.pid_mode.kind in (NamespaceKind.DEFAULT, NamespaceKind.PRIVATE)


def _own_mounts(request: SpecRequest) -> tuple[oci.Mount, ...]:
    return (*request.mounts, init_mount(request.init_binary)) if _has_init(request) else request.mounts


def _process(request: SpecRequest, security: Security, capabilities: tuple[str, ...]) -> oci.Process:
    host = request.host_config
    return oci.Process(
        args=with_init(request.args) if _has_init(request) else request.args,
        cwd=request.cwd or "/",
        user=request.user,
        env=request.env,
        terminal=request.config.tty,
        console_size=console_size(*host.console_size) if request.config.tty else None,
        capabilities=process_capabilities(capabilities, request.user.uid),
        rlimits=rlimits(host.ulimits),
        no_new_privileges=bool(security.no_new_privileges),
        oom_score_adj=host.oom_score_adj,
        apparmor_profile=_apparmor(request, security),
    )


def _apparmor(request: SpecRequest, security: Security) -> str:
    if not request.apparmor or (request.host_config.privileged and not security.apparmor):
        return ""
    return security.apparmor


def _linux(request: SpecRequest, security: Security, capabilities: tuple[str, ...]) -> oci.Linux:
    host = request.host_config
    devices, rules = container_devices(host, request.host_devices)
    return oci.Linux(
        namespaces=container_namespaces(host, request.namespaces, request.cgroup_version),
        devices=devices,
        cgroups_path=request.cgroups_path,
        resources=container_resources(host.limits, rules, request.host_devices),
        sysctl=container_sysctls(host, request.domainname),
        seccomp=container_seccomp(security.seccomp, frozenset(capabilities), privileged=host.privileged),
        rootfs_propagation=request.rootfs_propagation,
        masked_paths=_paths(host.masked_paths, MASKED_PATHS, host),
        readonly_paths=_paths(host.readonly_paths, READONLY_PATHS, host),
    )


def _paths(asked: tuple[str, ...] | None, default: tuple[str, ...], host: HostConfig) -> tuple[str, ...]:
    if asked is not None:
        return asked
    return () if host.privileged else default


def container_seccomp(asked: Seccomp, capabilities: frozenset[str], *, privileged: bool = False) -> oci.Seccomp | None:
    """Return the filter for a container: a privileged one has none unless asked for. Raises InvalidArgument for a bad profile."""
    match asked.choice:
        case SeccompChoice.UNCONFINED:
            return None
        case SeccompChoice.DEFAULT:
            return None if privileged else default_seccomp(capabilities)
        case SeccompChoice.BUILTIN:
            return default_seccomp(capabilities)
        case SeccompChoice.PROFILE:
            return load_profile(asked.profile, capabilities)
