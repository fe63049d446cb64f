"""What a client leaves to the engine, said: it is read back, and must not change under a container when the configuration does."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from core.containers.spec import MASKED_PATHS, READONLY_PATHS
from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceMode, NetworkMode
from sdk.errors import InvalidArgument, NoSuchContainer

Identify = Callable[[str], str]
"""Returns the ID of the container that a reference means. Raises NoSuchContainer, InvalidArgument."""


def with_defaults(host: HostConfig, identify: Identify) -> HostConfig:
    """Return a host configuration in which nothing is left open that no setting of the daemon says. Containers whose namespaces are joined are named by their IDs, so that
    they may be renamed. Raises InvalidArgument if there is none whose PID or IPC namespace is wanted."""
    return replace(
        host,
        network_mode=_network_mode(host.network_mode, identify),
        pid_mode=_joined(host.pid_mode, identify),
        ipc_mode=_joined(host.ipc_mode, identify),
        limits=replace(
            host.limits,
            memory_swap=host.limits.memory_swap or 2 * host.limits.memory,
            oom_kill_disable=bool(host.limits.oom_kill_disable),
        ),
        masked_paths=_paths(host, host.masked_paths, masked_paths()),
        readonly_paths=_paths(host, host.readonly_paths, READONLY_PATHS),
    )


@cache
def masked_paths() -> tuple[str, ...]:
    """Return what is hidden from containers on this machine: CPUs that throttle tell of the load of others."""
    throttles = sorted(Path("/sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle"))
    return (*MASKED_PATHS, *map(str, throttles))


def _paths(host: HostConfig, asked: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[str, ...] | None:
    return default if asked is None and not host.privileged else asked


def _joined(mode: NamespaceMode, identify: Identify) -> NamespaceMode:
    return replace(mode, container=_identified(mode.container, identify)) if mode.joins else mode


def _network_mode(mode: NetworkMode, identify: Identify) -> NetworkMode:
    """Return a network mode; as in dockerd the container whose network is joined may be made later."""
    if not mode.joins:
        return mode
    try:
        return replace(mode, container=_identified(mode.container, identify))
    except InvalidArgument:
        return mode


def _identified(container: str, identify: Identify) -> str:
    try:
        return identify(container)
    except NoSuchContainer as error:
        raise InvalidArgument(error.message) from None
