"""Which namespaces a container gets (runtime-spec: config-linux.md "Namespaces")."""

import os
import struct
from dataclasses import dataclass

from plugins.runtime_ns import constants as k
from sdk.errors import InvalidArgument, Unsupported
from sdk.oci.runtime import Spec
from sdk.shim.plan import Plan

_KINDS = {
    "mount": k.CLONE_NEWNS,
    "pid": k.CLONE_NEWPID,
    "ipc": k.CLONE_NEWIPC,
    "uts": k.CLONE_NEWUTS,
    "network": k.CLONE_NEWNET,
    "cgroup": k.CLONE_NEWCGROUP,
    "time": k.CLONE_NEWTIME,
}


@dataclass(frozen=True, slots=True)
class Namespaces:
    """`own` are flags of namespaces to be made, `joined` the paths of others by flag; what is in neither is the host's."""

    own: int
    joined: dict[int, str]

    def makes(self, kind: int) -> bool:
        """Tell whether the container gets a new namespace of this kind."""
        return bool(self.own & kind)


def container_namespaces(spec: Spec) -> Namespaces:
    """Return them. Raises Unsupported for user namespaces, InvalidArgument for an unknown kind or a mount namespace not its own."""
    own, joined = 0, {}
    for namespace in spec.linux.namespaces:
        if namespace.type == "user":
            raise Unsupported("runtime ns does not do user namespaces: use --userns=host")
        if namespace.type not in _KINDS:
            raise InvalidArgument(f'unknown namespace "{namespace.type}"')
        kind = _KINDS[namespace.type]
        if namespace.path:
            joined[kind] = namespace.path
        else:
            own |= kind
    if not own & k.CLONE_NEWNS:
        raise InvalidArgument("a container needs a mount namespace of its own")
    return Namespaces(own, joined)


def join_for_children(plan: Plan, namespaces: Namespaces) -> None:
    """Add what only a parent can do: processes are born into PID and time namespaces."""
    if path := namespaces.joined.get(k.CLONE_NEWPID):
        _join(plan, k.CLONE_NEWPID, path)
    if namespaces.makes(k.CLONE_NEWTIME):
        plan.call("unshare", k.CLONE_NEWTIME, why="a time namespace for the child")


def join_others(plan: Plan, namespaces: Namespaces) -> None:
    """Add what the child itself does, while the host's paths are there."""
    for kind, path in namespaces.joined.items():
        if kind != k.CLONE_NEWPID:
            _join(plan, kind, path)


def _join(plan: Plan, kind: int, path: str) -> None:
    descriptor = plan.slot()
    complaint = f"failed to join namespace {path}: {{error}}"
    plan.call(
        "openat", k.AT_FDCWD, path, os.O_RDONLY | os.O_CLOEXEC, 0, why="a namespace to share", complaint=complaint, store=descriptor
    )
    plan.call("setns", descriptor, kind, why="enter it", complaint=complaint)
    plan.call("close", descriptor, why="done with it")


def raise_loopback(plan: Plan) -> None:
    """Add what brings `lo` up in a new network namespace."""
    interface = plan.slot()
    plan.call("socket", 2, 2 | os.O_CLOEXEC, 0, why="a socket to speak of interfaces", store=interface)
    request = struct.pack("16sh22x", b"lo", k.IFF_UP)
    plan.call("ioctl", interface, k.SIOCSIFFLAGS, request, why="a new network has its loopback down")
    plan.call("close", interface, why="done with it")


def name_host(plan: Plan, spec: Spec) -> None:
    """Add the host and domain names."""
    for syscall, name in (("sethostname", spec.hostname), ("setdomainname", spec.domainname)):
        if name:
            data = name.encode()
            plan.call(syscall, data, len(data), why="the name others know the container by", complaint=f"{syscall}: {{error}}")
