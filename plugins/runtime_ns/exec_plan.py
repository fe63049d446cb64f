"""The plan that makes one more process in a container."""

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.container_plan import run_program, terminal_size
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.steps.console import open_terminal
from plugins.runtime_ns.steps.security import Confinement, set_back, set_for_child
from sdk.drivers.runtime import ProcessIO
from sdk.oci.runtime import Process
from sdk.shim.layout import CGROUP_FD, PLAN_FD, TARGET_FD
from sdk.shim.plan import ANY_ERROR, Plan
from sdk.shim.supervisor import detach, fork, supervise

_NAMESPACES = (
    k.CLONE_NEWPID | k.CLONE_NEWNS | k.CLONE_NEWIPC | k.CLONE_NEWUTS | k.CLONE_NEWNET | k.CLONE_NEWCGROUP
)  # fmt: skip


def exec_plan(process: Process, io: ProcessIO, confinement: Confinement, machine: Machine, cgroup: Cgroup) -> Plan:
    """Return the plan; it expects a pidfd of the container's process at TARGET_FD.

    Others in the container see the child from its first moment on, and with CAP_SYS_PTRACE may do with it what they like. So whatever
    needs the host is done by the parent, which they never see: the child is born inside, with nothing of the host but what it will be.
    """
    plan = Plan(machine.numbers)
    detach(plan)
    plan.call("close", PLAN_FD, why="the plan stays mapped, and its file is for no process inside")
    inherited = set_for_child(plan, process)
    doors = cgroup.open_doors(plan)
    plan.call("setns", TARGET_FD, _NAMESPACES, why="all namespaces of the container; the child is born into that of its PIDs")
    forked = fork(plan, 0, into_cgroup=machine.hierarchy.version == 2)
    cgroup.join_by(plan, doors)
    if inherited:
        plan.call("close", inherited.file, why="it is the parent's", tolerate=ANY_ERROR)
    plan.call("close_range", TARGET_FD, CGROUP_FD, 0, why="no path below /proc/self/fd may lead to the host")
    plan.call("chdir", "/", why="stand in the container's root")
    if io.terminal:
        open_terminal(plan, process.user.uid, *terminal_size(process, io))
    run_program(plan, process, io, confinement)
    plan.place(forked.parent)
    set_back(plan, inherited)
    supervise(plan, forked, linger=False, unused=doors)
    return plan
