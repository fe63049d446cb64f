"""The plan of a container, looked at as data: what is done, and in which order."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from plugins.runtime_ns.cgroups.hierarchy import Hierarchy
from plugins.runtime_ns.constants import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUTS,
)
from plugins.runtime_ns.container_plan import container_plan
from plugins.runtime_ns.exec_plan import exec_plan
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.steps.capabilities import CapabilitySets
from plugins.runtime_ns.steps.security import Confinement
from sdk.drivers.runtime import Bundle, ProcessIO
from sdk.drivers.storage import Mount
from sdk.errors import InvalidArgument, Unsupported
from sdk.linux.syscalls import native_syscalls
from sdk.oci import runtime as oci
from sdk.shim.layout import CGROUP_FD, PLAN_FD, TARGET_FD
from sdk.shim.plan import Plan
from sdk.testing.bundles import container_spec, process, with_linux

NUMBERS = native_syscalls()
V1 = Machine(NUMBERS, Hierarchy({"memory": "/cg/memory", "cpu": "/cg/cpu,cpuacct", "cpuacct": "/cg/cpu,cpuacct"}, ""))
V2 = Machine(NUMBERS, Hierarchy({}, "/cg"))
FILTER = bytes(16)
PIPES = ProcessIO()
OVERLAY = (Mount("overlay", "overlay", ("lowerdir=/a:/b", "upperdir=/u", "workdir=/w")),)


def plan_of(spec: oci.Spec, io: ProcessIO = PIPES, machine: Machine = V1, rootfs: tuple[Mount, ...] = OVERLAY) -> Plan:
    spec = spec if spec.linux.cgroups_path else with_linux(spec, cgroups_path="/core/c1")
    bundle = Bundle("c1", Path("/run/c1"), spec, rootfs)
    plan = container_plan(bundle, io, Confinement(CapabilitySets(bounding=1, ambient=1), FILTER), machine)
    plan.assemble()
    return plan


def calls(plan: Plan, *names: str) -> list[tuple[str, *tuple[object, ...]]]:
    return [(operation.syscall, *operation.arguments) for operation in plan.operations if operation.syscall in names]


def first(plan: Plan, syscall: str, *arguments: object) -> int:
    """Return the index of the first call with these among its arguments."""
    for index, operation in enumerate(plan.operations):
        if operation.syscall == syscall and all(argument in operation.arguments for argument in arguments):
            return index
    raise AssertionError(f"no {syscall} with {arguments}")


def ordered(*indices: int) -> bool:
    return list(indices) == sorted(indices)


SPEC = container_spec(process("true"))


def test_every_operation_has_a_reason() -> None:
    assert [operation for operation in plan_of(SPEC).operations if not operation.reason] == []


def test_cgroups_come_before_the_root_is_left_and_the_root_before_the_rights() -> None:
    plan = plan_of(SPEC)
    assert ordered(
        first(plan, "clone3"),
        first(plan, "openat", "/cg/memory/core/c1/tasks"),
        first(plan, "mount", "/", 0x84000),
        first(plan, "mount", "overlay"),
        first(plan, "pivot_root"),
        first(plan, "umount2"),
        first(plan, "mount", "/proc"),
        first(plan, "capset"),
        first(plan, "execve"),
        first(plan, "wait4"),
    )


def test_controllers_mounted_together_are_joined_once() -> None:
    joined = [arguments[1] for _, *arguments in calls(plan_of(SPEC), "openat") if str(arguments[1]).endswith("/tasks")]
    assert joined == ["/cg/memory/core/c1/tasks", "/cg/cpu,cpuacct/core/c1/tasks"]


def test_version_2_is_born_into_its_cgroup() -> None:
    plan = plan_of(SPEC, machine=V2)
    (record,) = [arguments[0] for _, *arguments in calls(plan, "clone3")]
    assert record.fields[0] & 0x200000000
    assert not any("tasks" in str(arguments) for _, *arguments in calls(plan, "openat"))


def test_a_cgroup_namespace_is_made_after_joining() -> None:
    spec = with_linux(SPEC, namespaces=(*SPEC.linux.namespaces, oci.Namespace("cgroup")))
    plan = plan_of(spec)
    assert ordered(first(plan, "openat", "/cg/memory/core/c1/tasks"), first(plan, "unshare", CLONE_NEWCGROUP))


def test_a_filter_without_no_new_privs_comes_before_capabilities_go() -> None:
    plan = plan_of(SPEC)
    assert ordered(first(plan, "seccomp"), first(plan, "prctl", 24), first(plan, "setresuid"), first(plan, "capset"))


def test_a_filter_with_no_new_privs_comes_last() -> None:
    plan = plan_of(replace(SPEC, process=replace(SPEC.process, no_new_privileges=True)))
    assert ordered(first(plan, "prctl", 38), first(plan, "capset"), first(plan, "seccomp"), first(plan, "execve"))


def test_the_death_signal_is_set_after_the_user() -> None:
    plan = plan_of(SPEC)
    assert ordered(first(plan, "setresuid"), first(plan, "prctl", 1, 9))


def test_sysctls_come_before_proc_is_read_only() -> None:
    plan = plan_of(with_linux(SPEC, sysctl={"net.ipv4.ip_forward": "1"}))
    write = first(plan, "openat", "/proc/sys/net/ipv4/ip_forward")
    assert ordered(first(plan, "mount", "proc"), write, first(plan, "mount", "/proc/sys"))


def test_binds_are_cloned_before_the_root_is_left(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    mounts = (*SPEC.mounts, oci.Mount("/etc/hosts", "bind", str(file), ("rbind", "ro", "rprivate")))
    plan = plan_of(replace(SPEC, mounts=mounts))
    assert ordered(first(plan, "open_tree", str(file)), first(plan, "pivot_root"), first(plan, "move_mount", "/etc/hosts"))
    assert first(plan, "mknodat", "/etc/hosts")
    attributes = [arguments[3].fields for _, *arguments in calls(plan, "mount_setattr")[:2]]
    assert attributes == [(1, 0, 0, 0), (0, 0, 1 << 18, 0)]


def test_relative_sources_start_at_the_bundle() -> None:
    plan = plan_of(replace(SPEC, mounts=(oci.Mount("/x", "bind", "sub/x", ("bind",)),)))
    assert first(plan, "open_tree", "/run/c1/sub/x")


def test_mounts_keep_their_order() -> None:
    targets = [
        arguments[1] for _, *arguments in calls(plan_of(SPEC), "mount") if arguments[0] in ("proc", "tmpfs", "devpts", "sysfs")
    ]
    assert targets[:4] == ["/proc", "/dev", "/dev/pts", "/sys"]


def test_too_many_mounts_are_refused() -> None:
    mounts = tuple(oci.Mount(f"/m{number}", "bind", "/usr", ("bind",)) for number in range(300))
    with pytest.raises(InvalidArgument, match="too many mounts"):
        plan_of(replace(SPEC, mounts=mounts))


def test_many_layers_are_mounted_by_parts() -> None:
    layers = ":".join(f"/layers/{number:060}" for number in range(80))
    plan = plan_of(SPEC, rootfs=(Mount("overlay", "overlay", (f"lowerdir={layers}", "index=off", "userxattr")),))
    parts = [arguments[2:4] for _, *arguments in calls(plan, "fsconfig")]
    assert len(parts) == 83
    assert parts[0] == ["lowerdir+", f"/layers/{0:060}"]
    assert parts[-3:] == [["index", "off"], ["userxattr", None], [None, None]]


def test_a_ready_root_is_bound_onto_itself() -> None:
    plan = plan_of(replace(SPEC, root=oci.Root("/some/root")), rootfs=())
    assert first(plan, "mount", "/some/root", 0x5000)


def test_the_root_becomes_read_only_at_the_very_end() -> None:
    plan = plan_of(replace(SPEC, root=oci.Root("rootfs", readonly=True)))
    assert ordered(first(plan, "mkdirat", "/proc"), first(plan, "mount_setattr", "/"), first(plan, "execve"))


@pytest.mark.parametrize(
    ("namespace", "error"),
    [
        (oci.Namespace("user"), Unsupported),
        (oci.Namespace("magic"), InvalidArgument),
        (oci.Namespace("mount", "/proc/1/ns/mnt"), InvalidArgument),
    ],
)
def test_namespaces_that_cannot_be(namespace: oci.Namespace, error: type[Exception]) -> None:
    with pytest.raises(error):
        plan_of(with_linux(SPEC, namespaces=(namespace,)))


def test_a_pid_namespace_is_joined_by_the_parent_and_others_by_the_child() -> None:
    namespaces = (oci.Namespace("mount"), oci.Namespace("pid", "/ns/pid"), oci.Namespace("network", "/ns/net"))
    plan = plan_of(with_linux(SPEC, namespaces=namespaces))
    assert ordered(first(plan, "openat", "/ns/pid"), first(plan, "clone3"), first(plan, "openat", "/ns/net"))
    kinds = [arguments[1] for _, *arguments in calls(plan, "setns")]
    assert kinds == [CLONE_NEWPID, CLONE_NEWNET]
    (record,) = [arguments[0] for _, *arguments in calls(plan, "clone3")]
    assert record.fields[0] & CLONE_NEWNS
    assert not record.fields[0] & (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS)
    assert calls(plan, "socket") == []


def test_a_new_network_gets_its_loopback() -> None:
    assert len(calls(plan_of(SPEC), "socket")) == 1


def test_a_dev_bound_from_the_host_is_left_alone() -> None:
    mounts = (oci.Mount("/dev", "bind", "/dev", ("rbind",)),)
    assert calls(plan_of(replace(SPEC, mounts=mounts)), "symlinkat") == []


def test_named_devices_replace_the_default_ones() -> None:
    plan = plan_of(with_linux(SPEC, devices=(oci.Device("/dev/null", "c", 1, 3, 0o600, 7, 8),)))
    made = [arguments for _, *arguments in calls(plan, "mknodat") if arguments[1] == "/dev/null"]
    assert [arguments[2] & 0o777 for arguments in made] == [0o600]
    assert first(plan, "fchownat", "/dev/null", 7, 8)


def test_unknown_devices_and_limits_are_refused() -> None:
    with pytest.raises(InvalidArgument, match='unknown type "z"'):
        plan_of(with_linux(SPEC, devices=(oci.Device("/dev/x", "z"),)))
    with pytest.raises(InvalidArgument, match='unknown rlimit "RLIMIT_NONE"'):
        plan_of(replace(SPEC, process=replace(SPEC.process, rlimits=(oci.Rlimit("RLIMIT_NONE", 1, 1),))))


def test_a_terminal_is_parked_before_it_becomes_the_streams() -> None:
    plan = plan_of(SPEC, ProcessIO(terminal=True, rows=24, columns=80))
    assert ordered(first(plan, "openat", "/dev/ptmx"), first(plan, "sendmsg"), first(plan, "move_mount", "/dev/console"))


def test_pipes_belong_to_the_user() -> None:
    spec = replace(SPEC, process=replace(SPEC.process, user=oci.User(uid=1000, gid=1000)))
    owned = [arguments[0] for _, *arguments in calls(plan_of(spec), "fchownat")]
    assert owned == [1, 2]


def test_exec_is_born_inside_with_nothing_of_the_host_but_what_it_joins_its_cgroup_by() -> None:
    """Others in the container see the process from its birth, and CAP_SYS_PTRACE makes it theirs."""
    cgroup = V1.hierarchy.cgroup("/core/c1")
    plan = exec_plan(process("ls"), ProcessIO(), Confinement(CapabilitySets(), FILTER), V1, cgroup)
    (joined,) = [operation for operation in plan.operations if operation.syscall == "setns"]
    assert joined.arguments[1] == CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP
    assert ordered(
        first(plan, "close", PLAN_FD),
        first(plan, "openat", "/cg/memory/core/c1/tasks"),
        first(plan, "setns"),
        first(plan, "clone3"),
        first(plan, "write", b"0"),
        first(plan, "close_range", TARGET_FD, CGROUP_FD),
        first(plan, "seccomp"),
        first(plan, "execve"),
    )
    inside = list(plan.operations[first(plan, "clone3") : first(plan, "execve")])
    opened = [operation.arguments for operation in inside if operation.syscall in ("openat", "open_tree")]
    assert opened == []


def test_exec_gets_its_oom_score_from_a_parent_that_sets_its_own_back() -> None:
    scored = replace(process("ls"), oom_score_adj=300)
    plan = exec_plan(scored, ProcessIO(), Confinement(CapabilitySets()), V1, V1.hierarchy.cgroup("/core/c1"))
    before = first(plan, "read")
    back = next(i for i, each in enumerate(plan.operations) if each.syscall == "write" and each.arguments[1] == b"the score before")
    assert ordered(before, first(plan, "write", b"300"), first(plan, "clone3"), first(plan, "execve"), back, first(plan, "wait4"))


def test_exec_without_a_terminal() -> None:
    plan = exec_plan(process("ls"), ProcessIO(), Confinement(CapabilitySets()), V1, V1.hierarchy.cgroup("/core/c1"))
    assert calls(plan, "ppoll") == []


def test_hooks_are_refused_with_a_way_out():
    with pytest.raises(Unsupported, match=r"^runtime ns does not run hooks of the runtime specification: use --runtime=oci"):
        plan_of(replace(SPEC, hooks=oci.Hooks(poststop=(oci.Hook("/bin/true"),))))
