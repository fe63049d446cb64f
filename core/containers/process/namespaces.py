"""Which namespaces a container gets: its own, the host's, or those of another container or a sandbox, by path."""

from dataclasses import dataclass

from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceKind
from sdk.oci.runtime import Namespace


@dataclass(frozen=True, slots=True)
class SharedNamespaces:
    """Paths of namespaces to join instead of making own ones (`container:` modes, a network's sandbox); "" where there is none."""

    network: str = ""
    pid: str = ""
    ipc: str = ""
    uts: str = ""


def _one(kind: str, path: str, *, shares_host: bool) -> tuple[Namespace, ...]:
    return () if shares_host else (Namespace(kind, path),)


def shares_cgroups(host: HostConfig, cgroup_version: int) -> bool:
    """Tell whether a container sees the host's cgroups: Docker's default is a private namespace on cgroup v2 and the host's on v1."""
    mode = host.cgroupns_mode
    return mode.is_host or (mode.kind is NamespaceKind.DEFAULT and cgroup_version != 2)


def container_namespaces(host: HostConfig, shared: SharedNamespaces, cgroup_version: int) -> tuple[Namespace, ...]:
    """Return the namespaces of the runtime specification; a kind that is absent is the host's."""
    return (
        Namespace("mount"),
        *_one("network", shared.network, shares_host=host.network_mode.is_host),
        *_one("uts", shared.uts, shares_host=host.uts_mode.is_host),
        *_one("pid", shared.pid, shares_host=host.pid_mode.is_host),
        *_one("ipc", shared.ipc, shares_host=host.ipc_mode.is_host),
        *_one("cgroup", "", shares_host=shares_cgroups(host, cgroup_version)),
    )
