"""Which namespaces a container gets: its own, the host's, or those of somebody else by path."""

from dataclasses import dataclass

from sdk.engine.config import HostConfig
from sdk.oci.runtime import Namespace


@dataclass(frozen=True, slots=True)
class SharedNamespaces:
    """Paths of namespaces to join instead of making own ones (`container:` modes, a network's sandbox); "" where there is none."""

    network: str = ""
    pid: str = ""
    ipc: str = ""
    uts: str = ""


def _one(kind: str, mode: str, path: str) -> tuple[Namespace, ...]:
    if mode == "host":
        return ()
    return (Namespace(kind, path),)


def cgroup_namespace_mode(host: HostConfig, cgroup_version: int) -> str:
    """Return `private` or `host`: Docker's default is private on cgroup v2 and host on v1."""
    return host.cgroupns_mode or ("private" if cgroup_version == 2 else "host")


def container_namespaces(host: HostConfig, shared: SharedNamespaces, cgroup_version: int) -> tuple[Namespace, ...]:
    """Return the namespaces of the runtime specification; a kind that is absent is the host's."""
    return (
        Namespace("mount"),
        *_one("network", "host" if host.network_mode == "host" else "", shared.network),
        *_one("uts", host.uts_mode, shared.uts),
        *_one("pid", host.pid_mode, shared.pid),
        *_one("ipc", host.ipc_mode, shared.ipc),
        *_one("cgroup", cgroup_namespace_mode(host, cgroup_version), ""),
    )
