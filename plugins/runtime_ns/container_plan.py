"""The plan that makes a container: every system call from the fork to its program."""

import os
from collections.abc import Mapping

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.cgroups.hierarchy import Hierarchy
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.paths import ensure_directory
from plugins.runtime_ns.steps.cgroup_mount import clone_controllers, mount_cgroups
from plugins.runtime_ns.steps.command import execute
from plugins.runtime_ns.steps.console import bind_console, open_terminal
from plugins.runtime_ns.steps.devices import make_devices
from plugins.runtime_ns.steps.hardening import clone_nulls, make_readonly, mask, set_sysctls
from plugins.runtime_ns.steps.mounts import BoundTree, attach, clone_opened, clone_sources, mount_filesystem
from plugins.runtime_ns.steps.namespaces import (
    Namespaces,
    container_namespaces,
    join_for_children,
    join_others,
    name_host,
    raise_loopback,
)
from plugins.runtime_ns.steps.rootfs import finish_rootfs, hide_from_host, mount_rootfs, pivot
from plugins.runtime_ns.steps.security import Confinement, confine, set_by_host_paths, set_limits
from sdk.drivers.runtime import Bundle, ProcessIO
from sdk.errors import InvalidArgument, Unsupported
from sdk.oci.runtime import Process, Spec
from sdk.shim.layout import CGROUP_FD, PLAN_FD, READY_FD
from sdk.shim.plan import ANY_ERROR, Plan, Slot
from sdk.shim.supervisor import detach, fork, reset_signals, supervise

MARKS = (
    "kernel.shim",
    "kernel.prepare",
    "kernel.clone",
    "kernel.enter",
    "kernel.rootfs",
    "kernel.mounts",
    "kernel.furnish",
    "kernel.limits",
    "kernel.exec",
)
"""What ends at each mark of a timed plan, and at last with execve: spans of a trace. Confinement belongs to the last."""

_ROOT = "rt.rootfs"
_DEFAULT_UMASK = 0o022


def root_directory(bundle: Bundle) -> str:
    """Return where the root is mounted; a bundle without mounts has its root ready."""
    return str(bundle.path / (_ROOT if bundle.rootfs else bundle.spec.root.path))


def container_plan(bundle: Bundle, io: ProcessIO, confinement: Confinement, machine: Machine, *, timed: bool = False) -> Plan:
    """Return the plan. Raises InvalidArgument and Unsupported for what the spec must not ask."""
    spec = bundle.spec
    if spec.hooks:
        raise Unsupported("runtime ns does not run hooks of the runtime specification: use --runtime=oci (crun or runc)")
    namespaces = container_namespaces(spec)
    plan = Plan(machine.numbers, timed=timed)
    plan.mark()
    detach(plan)
    join_for_children(plan, namespaces)
    opened = clone_opened(plan, spec.mounts)
    born = namespaces.own & ~(k.CLONE_NEWCGROUP | k.CLONE_NEWTIME)
    plan.mark()
    forked = fork(plan, born, into_cgroup=machine.hierarchy.version == 2)
    plan.mark()
    plan.call("close", PLAN_FD, why="the plan stays mapped")
    plan.call("umask", 0, why="modes are as they are said")
    set_by_host_paths(plan, spec.process)
    _enter(plan, spec, namespaces, machine.hierarchy)
    plan.mark()
    try:
        nulls = _build_root(plan, bundle, namespaces, machine.hierarchy, opened)
        plan.mark()
        _furnish(plan, spec, io, nulls)
        plan.mark()
    except OverflowError as error:
        raise InvalidArgument(f"too many mounts: {error}") from error
    run_program(plan, spec.process, io, confinement)
    supervise(plan, forked, linger=True, unused=[bound.tree for bound in opened.values()])
    return plan


def _enter(plan: Plan, spec: Spec, namespaces: Namespaces, hierarchy: Hierarchy) -> None:
    plan.call("close", CGROUP_FD, why="no path below /proc/self/fd may lead to the host", tolerate=ANY_ERROR)
    hierarchy.cgroup(spec.linux.cgroups_path).join(plan)
    if namespaces.makes(k.CLONE_NEWCGROUP):
        plan.call("unshare", k.CLONE_NEWCGROUP, why="a cgroup namespace whose root is the container's cgroup")
    join_others(plan, namespaces)
    if namespaces.makes(k.CLONE_NEWNET):
        raise_loopback(plan)
    plan.call("keyctl", k.KEYCTL_JOIN_SESSION_KEYRING, None, why="a keyring of its own", tolerate=ANY_ERROR)


def _build_root(
    plan: Plan, bundle: Bundle, namespaces: Namespaces, hierarchy: Hierarchy, opened: Mapping[int, BoundTree]
) -> Mapping[str, Slot]:
    """Add the root and all mounts; returns what masks paths."""
    spec, root = bundle.spec, root_directory(bundle)
    trees = {**opened, **clone_sources(plan, spec.mounts, str(bundle.path))}
    controllers = _own_controllers(plan, spec, namespaces, hierarchy)
    hide_from_host(plan)
    nulls = clone_nulls(plan, spec.linux.masked_paths)
    mount_rootfs(plan, root, bundle.rootfs)
    pivot(plan, root)
    plan.mark()
    for index, mount in enumerate(spec.mounts):
        if bound := trees.get(index):
            attach(plan, bound, os.path.join(bundle.path, mount.source))
        elif mount.type in ("cgroup", "cgroup2"):
            mount_cgroups(plan, mount, hierarchy, controllers)
        else:
            mount_filesystem(plan, mount)
    return nulls


def _own_controllers(plan: Plan, spec: Spec, namespaces: Namespaces, hierarchy: Hierarchy) -> Mapping[str, Slot]:
    if namespaces.makes(k.CLONE_NEWCGROUP) or not any(mount.type == "cgroup" for mount in spec.mounts):
        return {}
    return clone_controllers(plan, hierarchy, spec.linux.cgroups_path)


def _furnish(plan: Plan, spec: Spec, io: ProcessIO, nulls: Mapping[str, Slot]) -> None:
    make_devices(plan, spec)
    if io.terminal:
        bind_console(plan, open_terminal(plan, spec.process.user.uid, *terminal_size(spec.process, io)))
    set_sysctls(plan, spec.linux.sysctl)
    name_host(plan, spec)
    make_readonly(plan, spec.linux.readonly_paths)
    mask(plan, spec.linux.masked_paths, nulls)
    ensure_directory(plan, spec.process.cwd, complaint=f"mkdir {spec.process.cwd}: {{error}}")
    finish_rootfs(plan, spec)


def terminal_size(process: Process, io: ProcessIO) -> tuple[int, int]:
    """Return rows and columns, 0 for a size that is not known yet."""
    size = process.console_size
    return (size.height, size.width) if size else (io.rows, io.columns)


def run_program(plan: Plan, process: Process, io: ProcessIO, confinement: Confinement) -> None:
    """Add the end of the child's side: give up what it must not have, and become the program."""
    plan.call("close_range", READY_FD + 1, 0xFFFFFFFF, 0, why="no path below /proc/self/fd may lead to the host")
    complaint = f'chdir to cwd ("{process.cwd}") set in config.json failed: {{error}}'
    plan.call("chdir", process.cwd or "/", why="the working directory", complaint=complaint)
    if process.user.uid and not io.terminal:
        for descriptor, wanted in enumerate((io.stdin, io.stdout, io.stderr)):
            if wanted:
                owner = process.user.uid
                plan.call("fchownat", descriptor, "", owner, -1, k.AT_EMPTY_PATH, why="its user can open /dev/stdout and its like")
    plan.call("umask", _DEFAULT_UMASK if process.user.umask is None else process.user.umask, why="the usual umask")
    set_limits(plan, process)
    reset_signals(plan)
    plan.mark()
    confine(plan, process, confinement)
    execute(plan, process)
