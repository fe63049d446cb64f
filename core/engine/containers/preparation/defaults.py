"""What the daemon's configuration gives containers whose creators left it open."""

from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.engine.context import EngineContext, EngineSettings
from core.networks.default_bridge import NO_BRIDGE
from sdk.engine.config import HostConfig, HostEntry
from sdk.engine.modes import BRIDGE, NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.engine.security import SeccompChoice, Security


def with_creation_defaults(context: EngineContext, host: HostConfig, cgroup_version: int) -> HostConfig:
    """Say at creation what was left to the engine: clients read it back, and it must not change under a container when the
    configuration does. `cgroup_version` is that of the container's runtime."""
    defaults = context.settings.containers
    return replace(
        host,
        runtime=context.runtime_name(host.runtime),
        log_config=replace(host.log_config, type=host.log_config.type or context.drivers.log_name),
        ipc_mode=_or_default(host.ipc_mode, defaults.ipc_mode),
        cgroupns_mode=_cgroup_namespace(host, defaults.cgroupns_mode, cgroup_version),
        shm_size=host.shm_size or defaults.shm_size,
    )


def _or_default(mode: NamespaceMode, kind: str) -> NamespaceMode:
    return NamespaceMode(NamespaceKind(kind)) if mode.kind is NamespaceKind.DEFAULT else mode


def _cgroup_namespace(host: HostConfig, default: str, cgroup_version: int) -> NamespaceMode:
    """Return the mode asked for, or that of a container that names none. On cgroup version 1 a privileged one sees the host's groups."""
    if host.cgroupns_mode.kind is not NamespaceKind.DEFAULT:
        return host.cgroupns_mode
    unified = cgroup_version == 2
    if host.privileged and not unified:
        return NamespaceMode(NamespaceKind.HOST)
    return NamespaceMode(NamespaceKind(default or ("private" if unified else "host")))


def with_start_defaults(settings: EngineSettings, host: HostConfig) -> HostConfig:
    """Add at a start what follows the configuration as it is then, and is no part of what clients read back."""
    return replace(
        with_name_servers(settings, host),
        ulimits=(*settings.default_ulimits, *host.ulimits),
        cgroup_parent=host.cgroup_parent or settings.containers.cgroup_parent,
        init=settings.containers.init if host.init is None else host.init,
        security=_security(settings, host),
    )


def with_name_servers(settings: EngineSettings, host: HostConfig) -> HostConfig:
    """Return a configuration with the daemon's name servers, search domains and options where it names none."""
    networks = settings.networks
    return replace(
        host,
        dns=host.dns or networks.dns,
        dns_search=host.dns_search or networks.dns_search,
        dns_options=host.dns_options or networks.dns_options,
    )


def _security(settings: EngineSettings, host: HostConfig) -> Security:
    security = host.security
    if settings.containers.no_new_privileges and security.no_new_privileges is None:
        security = replace(security, no_new_privileges=True)
    if security.seccomp.choice is SeccompChoice.DEFAULT and not host.privileged:
        security = replace(security, seccomp=settings.seccomp)
    return security


def as_run(record: ContainerRecord) -> ContainerRecord:
    """Return a record as its container runs: one whose network is disabled has a namespace with nothing but a loopback, whatever networks
    it names."""
    if not record.config.network_disabled:
        return record
    return replace(
        record, networks={}, host_config=replace(record.host_config, network_mode=NetworkMode(NetworkKind.NONE), links=None)
    )


def as_resolved(context: EngineContext, record: ContainerRecord) -> ContainerRecord:
    """Return a record as it is connected and its host files are written from: with the daemon's name servers, with addresses in place of
    `host-gateway`, the configured ones or the default network's, and without the default network where there is none."""
    settings = context.settings
    host = with_name_servers(settings, record.host_config)
    if settings.bridge.name == NO_BRIDGE and host.network_mode.is_default_bridge and record.networks.keys() <= {BRIDGE}:
        record, host = replace(record, networks={}), replace(host, network_mode=NetworkMode(NetworkKind.NONE))
    gateways = settings.networks.host_gateway_ips or context.attachments.host_gateways()
    if gateways and host.extra_hosts and not host.network_mode.is_host:
        host = replace(host, extra_hosts=tuple(each for entry in host.extra_hosts for each in _resolved(entry, gateways)))
    return record if host == record.host_config else replace(record, host_config=host)


def _resolved(entry: HostEntry, gateways: tuple[str, ...]) -> tuple[HostEntry, ...]:
    return (entry,) if entry.address else tuple(HostEntry(entry.name, gateway) for gateway in gateways)
