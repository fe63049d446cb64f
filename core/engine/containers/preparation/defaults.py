"""What the daemon's configuration gives containers whose creators left it open."""

from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.engine.context import EngineContext, EngineSettings
from core.networks.default_bridge import NO_BRIDGE
from sdk.engine.config import HostConfig
from sdk.engine.modes import BRIDGE, NamespaceKind, NamespaceMode, NetworkKind, NetworkMode


async def with_creation_defaults(context: EngineContext, host: HostConfig) -> HostConfig:
    """Say at creation what was left to the engine: clients read it back, and it must not change under a container when the
    configuration does."""
    defaults, drivers = context.settings.containers, context.drivers
    return replace(
        host,
        runtime=host.runtime or defaults.runtime or drivers.runtime_name,
        log_config=replace(host.log_config, type=host.log_config.type or drivers.log_name),
        ipc_mode=_or_default(host.ipc_mode, defaults.ipc_mode),
        cgroupns_mode=await _cgroup_namespace(context, host) if host.cgroupns_mode.kind is NamespaceKind.DEFAULT else host.cgroupns_mode,
        shm_size=host.shm_size or defaults.shm_size,
    )


def _or_default(mode: NamespaceMode, kind: str) -> NamespaceMode:
    return NamespaceMode(NamespaceKind(kind)) if mode.kind is NamespaceKind.DEFAULT else mode


async def _cgroup_namespace(context: EngineContext, host: HostConfig) -> NamespaceMode:
    """Return the mode of a container that names none. On cgroup version 1 a privileged one sees the host's groups."""
    unified = await context.drivers.cgroup_version(host.runtime or context.settings.containers.runtime) == 2
    if host.privileged and not unified:
        return NamespaceMode(NamespaceKind.HOST)
    return NamespaceMode(NamespaceKind(context.settings.containers.cgroupns_mode or ("private" if unified else "host")))


def with_start_defaults(settings: EngineSettings, host: HostConfig) -> HostConfig:
    """Add at a start what follows the configuration as it is then, and is no part of what clients read back."""
    return replace(
        with_name_servers(settings, host),
        ulimits=(*settings.default_ulimits, *host.ulimits),
        cgroup_parent=host.cgroup_parent or settings.containers.cgroup_parent,
        init=settings.containers.init if host.init is None else host.init,
        security_opt=(*host.security_opt, *_security(settings, host)),
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


def _security(settings: EngineSettings, host: HostConfig) -> tuple[str, ...]:
    given = {option.replace(":", "=", 1).partition("=")[0] for option in host.security_opt}
    added = []
    if settings.containers.no_new_privileges and "no-new-privileges" not in given:
        added.append("no-new-privileges")
    if settings.seccomp and "seccomp" not in given and not host.privileged:
        added.append(f"seccomp={settings.seccomp}")
    return tuple(added)


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
        host = replace(host, extra_hosts=tuple(line for text in host.extra_hosts for line in _extra_hosts(text, gateways)))
    return record if host == record.host_config else replace(record, host_config=host)


def _extra_hosts(text: str, gateways: tuple[str, ...]) -> tuple[str, ...]:
    name, _, address = text.partition(":")
    return tuple(f"{name}:{gateway}" for gateway in gateways) if address == "host-gateway" else (text,)
