"""What a create body, or an update, means by the API version that its client speaks: what is newer is passed over, and old defaults are kept."""

from msgspec.structs import replace

from plugins.api_docker.versions import ApiVersion
from sdk.docker import bodies
from sdk.linux.cgroups.mounts import cgroup_mounts

DEFAULTS_TO_OWN_IPC = UPDATES_PIDS_LIMIT = (1, 40)
DEFAULTS_TO_OWN_CGROUPS = HAS_PLATFORM = (1, 41)
HAS_CONSOLE_SIZE, HAS_ANNOTATIONS, HAS_START_INTERVAL, HAS_GATEWAY_PRIORITY = (1, 42), (1, 43), (1, 44), (1, 48)
UPDATES_THROTTLES = (1, 55)

_THROTTLES = frozenset(
    ("blkioweightdevice", "blkiodevicereadbps", "blkiodevicewritebps", "blkiodevicereadiops", "blkiodevicewriteiops")
)


def host_of_version(host: bodies.HostConfig, version: ApiVersion) -> bodies.HostConfig:
    """Return the host's half as a version knows it. Older clients expect to share their IPC namespace, and the host's cgroup namespace
    where control groups are of version 1."""
    if version < DEFAULTS_TO_OWN_IPC and not host.ipc_mode:
        host = replace(host, ipc_mode="shareable")
    if version < DEFAULTS_TO_OWN_CGROUPS and not host.cgroupns_mode and cgroup_mounts().version == 1:
        host = replace(host, cgroupns_mode="host")
    if version < HAS_CONSOLE_SIZE:
        host = replace(host, console_size=(0, 0))
    if version < HAS_ANNOTATIONS:
        host = replace(host, annotations={})
    return host


def config_of_version(config: bodies.ContainerConfig, version: ApiVersion) -> bodies.ContainerConfig:
    """Return the portable half as a version knows it."""
    if version >= HAS_START_INTERVAL or config.healthcheck is None:
        return config
    return replace(config, healthcheck=replace(config.healthcheck, start_interval=0))


def endpoint_of_version(endpoint: bodies.EndpointConfig, version: ApiVersion) -> bodies.EndpointConfig:
    """Return a network's endpoint as a version knows it: all of a container's had the same priority at first."""
    return endpoint if version >= HAS_GATEWAY_PRIORITY else replace(endpoint, gw_priority=0)


def later_updates(version: ApiVersion) -> frozenset[str]:
    """Return the fields of an update, in lower case, that a version does not know."""
    limit = frozenset(("pidslimit",) if version < UPDATES_PIDS_LIMIT else ())
    return limit | _THROTTLES if version < UPDATES_THROTTLES else limit
