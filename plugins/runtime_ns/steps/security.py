"""Limits and rights of a process: what it gives up, in the order the kernel allows it."""

import errno
import os
import resource
import struct
from dataclasses import dataclass

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.paths import write_file
from plugins.runtime_ns.steps.capabilities import CapabilitySets, last_capability
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Process, User
from sdk.shim.plan import ANY_ERROR, Argument, Plan, Record, Slot
from sdk.shim.supervisor import die_with_shim

_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True, slots=True)
class Confinement:
    """`seccomp` is a classic BPF program, empty for none."""

    capabilities: CapabilitySets
    seccomp: bytes = b""


def set_by_host_paths(plan: Plan, process: Process) -> None:
    """Add what is set by files of /proc, while that is still the host's and not something an image may have put in its place.

    Lowering the OOM score needs a right that not every daemon has; the AppArmor profile begins with execve.
    """
    if process.oom_score_adj is not None:
        value = str(process.oom_score_adj)
        write_file(plan, "/proc/self/oom_score_adj", value, why="whom the OOM killer takes first", tolerate=ANY_ERROR)
    if process.apparmor_profile:
        profile = f"exec {process.apparmor_profile}"
        write_file(plan, "/proc/self/attr/exec", profile, why="AppArmor profile", complaint="apply apparmor profile: {error}")


@dataclass(frozen=True, slots=True)
class Inherited:
    """A descriptor of the parent's own OOM score, what was read from it, and how long that is."""

    file: Slot
    before: bytes
    length: Slot


def set_for_child(plan: Plan, process: Process) -> Inherited | None:
    """Add what gives the parent for a moment what only the child shall have (`set_by_host_paths`), as a fork passes it on.

    Returns what `set_back` needs. The profile stays with the parent, which begins no program.
    """
    inherited = None
    if process.oom_score_adj is not None:
        inherited = Inherited(plan.slot(), b"the score before", plan.slot())
        value, why = str(process.oom_score_adj).encode(), "whom the OOM killer takes first"
        arguments: tuple[Argument, ...] = k.AT_FDCWD, "/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC, 0
        plan.call("openat", *arguments, why="the child will have what this process has", tolerate=ANY_ERROR, store=inherited.file)
        arguments = inherited.file, inherited.before, len(inherited.before)
        plan.call("read", *arguments, why="to be set back", tolerate=ANY_ERROR, store=inherited.length)
        plan.call("write", inherited.file, value, len(value), why=why, tolerate=ANY_ERROR)
    if process.apparmor_profile:
        profile = f"exec {process.apparmor_profile}"
        write_file(plan, "/proc/self/attr/exec", profile, why="AppArmor profile", complaint="apply apparmor profile: {error}")
    return inherited


def set_back(plan: Plan, inherited: Inherited | None) -> None:
    """Add, on the parent's side, what undoes `set_for_child`."""
    if inherited is not None:
        arguments = inherited.file, inherited.before, inherited.length
        plan.call("write", *arguments, why="this process' own score again", tolerate=ANY_ERROR)
        plan.call("close", inherited.file, why="done with it", tolerate=ANY_ERROR)


def set_limits(plan: Plan, process: Process) -> None:
    """Add the resource limits. Raising one above the daemon's own needs a right that not every daemon has: then it stays."""
    for limit in process.rlimits:
        number = getattr(resource, limit.type, None)
        if not isinstance(number, int):
            raise InvalidArgument(f'unknown rlimit "{limit.type}"')
        values = struct.pack("<QQ", limit.soft, limit.hard)
        complaint = f"error setting rlimits for {limit.type}: {{error}}"
        plan.call("prlimit64", 0, number, values, None, why=limit.type, complaint=complaint, tolerate=errno.EPERM)


def confine(plan: Plan, process: Process, confinement: Confinement) -> None:
    """Add what makes the process an ordinary one of its user. Only an execve may follow.

    Without no_new_privs a filter needs CAP_SYS_ADMIN and so comes before capabilities are dropped; with it the filter comes last,
    so that it need not allow what is done here.
    """
    plan.call("close_range", 3, 0xFFFFFFFF, k.CLOSE_RANGE_CLOEXEC, why="nothing of the engine's is open after execve")
    if process.no_new_privileges:
        plan.call("prctl", k.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, why="set-user-ID programs give no rights")
    else:
        _filter(plan, confinement.seccomp)
    _drop_bounding(plan, confinement.capabilities.bounding)
    _become(plan, process.user)
    _set_capabilities(plan, confinement.capabilities)
    die_with_shim(plan)
    if process.no_new_privileges:
        _filter(plan, confinement.seccomp)


def _filter(plan: Plan, program: bytes) -> None:
    if program:
        arguments = k.SECCOMP_SET_MODE_FILTER, k.SECCOMP_FILTER_FLAG_SPEC_ALLOW, Record((len(program) // 8, program))
        plan.call(
            "seccomp", *arguments, why="the system calls this process may make", complaint="error loading seccomp filter: {error}"
        )


def _drop_bounding(plan: Plan, kept: int) -> None:
    for number in range(last_capability() + 1):
        if not kept >> number & 1:
            plan.call("prctl", k.PR_CAPBSET_DROP, number, 0, 0, 0, why="never to be had again", tolerate=ANY_ERROR)


def _become(plan: Plan, user: User) -> None:
    complaint = "unable to setup user: {error}"
    plan.call("prctl", k.PR_SET_KEEPCAPS, 1, 0, 0, 0, why="capabilities outlive the change of user")
    groups = struct.pack(f"<{len(user.additional_gids)}I", *user.additional_gids)
    plan.call("setgroups", len(user.additional_gids), groups or None, why="supplementary groups", complaint=complaint)
    plan.call("setresgid", user.gid, user.gid, user.gid, why="the group", complaint=complaint)
    plan.call("setresuid", user.uid, user.uid, user.uid, why="the user", complaint=complaint)


def _set_capabilities(plan: Plan, sets: CapabilitySets) -> None:
    halves = [(mask & 0xFFFFFFFF, mask >> 32) for mask in (sets.effective, sets.permitted, sets.inheritable)]
    data = struct.pack("<6I", *(low for low, _ in halves), *(high for _, high in halves))
    complaint = "unable to apply caps: {error}"
    plan.call("capset", struct.pack("<Ii", _CAPABILITY_VERSION_3, 0), data, why="the capabilities it keeps", complaint=complaint)
    plan.call("prctl", k.PR_CAP_AMBIENT, k.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, why="none by inheritance", tolerate=ANY_ERROR)
    for number in range(last_capability() + 1):
        if sets.ambient >> number & 1:
            plan.call("prctl", k.PR_CAP_AMBIENT, k.PR_CAP_AMBIENT_RAISE, number, 0, 0, why="kept over execve", complaint=complaint)
