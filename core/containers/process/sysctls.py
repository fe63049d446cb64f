"""`--sysctl`: only kernel parameters that belong to a namespace of the container may be set."""

from collections.abc import Mapping
from dataclasses import dataclass

from sdk.engine.config import HostConfig
from sdk.errors import InvalidArgument

IPC_SYSCTLS = frozenset(
    f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
)

UNPRIVILEGED_NETWORK = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
"""What Docker sets in every network namespace it makes: ports below 1024 and ping need no capability there."""


@dataclass(frozen=True, slots=True)
class OwnNamespaces:
    """Which namespaces of a container are not the host's."""

    network: bool
    ipc: bool
    uts: bool


def own_namespaces(host_config: HostConfig) -> OwnNamespaces:
    """Tell from the modes asked for which namespaces are not the host's."""
    return OwnNamespaces(
        network=not host_config.network_mode.is_host,
        ipc=not host_config.ipc_mode.is_host,
        uts=not host_config.uts_mode.is_host,
    )


def _check(name: str, own: OwnNamespaces) -> None:
    if name.startswith("net."):
        kind, allowed = "network", own.network
    elif name in IPC_SYSCTLS or name.startswith("fs.mqueue."):
        kind, allowed = "ipc", own.ipc
    elif name == "kernel.domainname":
        kind, allowed = "uts", own.uts
    else:
        raise InvalidArgument(f'sysctl "{name}" is not in a separate kernel namespace')
    if not allowed:
        raise InvalidArgument(f'sysctl "{name}" not allowed in host {kind} namespace')


def check_sysctls(sysctls: Mapping[str, str], own: OwnNamespaces) -> None:
    """Raise InvalidArgument for a parameter that would change the host."""
    for name in sysctls:
        _check(name.replace("/", "."), own)


def container_sysctls(host_config: HostConfig, domainname: str) -> dict[str, str]:
    """Return the parameters to set for a container; what was asked for wins over the defaults. Raises InvalidArgument."""
    check_sysctls(host_config.sysctls, own_namespaces(host_config))
    shared = host_config.network_mode.is_host or host_config.network_mode.joins
    chosen = {} if shared else dict(UNPRIVILEGED_NETWORK)
    if domainname and not host_config.uts_mode.is_host:
        chosen["kernel.domainname"] = domainname
    return chosen | dict(host_config.sysctls)
