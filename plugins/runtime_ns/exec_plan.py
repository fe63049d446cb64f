"""The plan that makes one more process in a container."""

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.cgroup import Cgroup
from plugins.runtime_ns.console import open_terminal
from plugins.runtime_ns.container_plan import run_program, terminal_size
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.security import Confinement, set_by_host_paths
from sdk.drivers.runtime import ProcessIO
from sdk.oci.runtime import Process
from sdk.shim.layout import CGROUP_FD, TARGET_FD
from sdk.shim.plan import Plan
from sdk.shim.supervisor import detach, fork, supervise

_NAMESPACES = k.CLONE_NEWNS | k.CLONE_NEWIPC | k.CLONE_NEWUTS | k.CLONE_NEWNET | k.CLONE_NEWCGROUP


def exec_plan(process: Process, io: ProcessIO, confinement: Confinement, machine: Machine, cgroup: Cgroup) -> Plan:
    """Return the plan; it expects a pidfd of the container's process at TARGET_FD."""
    plan = Plan(machine.numbers)
    detach(plan)
    plan.call("setns", TARGET_FD, k.CLONE_NEWPID, why="the child is born into the container's PID namespace")
    forked = fork(plan, 0, into_cgroup=machine.hierarchy.version == 2)
    set_by_host_paths(plan, process)
    cgroup.join(plan)
    plan.call("setns", TARGET_FD, _NAMESPACES, why="all other namespaces of the container")
    plan.call("close_range", TARGET_FD, CGROUP_FD, 0, why="no path below /proc/self/fd may lead to the host")
    plan.call("chdir", "/", why="stand in the container's root")
    if io.terminal:
        open_terminal(plan, process.user.uid, *terminal_size(process, io))
    run_program(plan, process, io, confinement)
    supervise(plan, forked, linger=False)
    return plan
