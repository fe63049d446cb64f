"""The shim's plan for a container, without running it."""

from plugins.runtime_oci.plans import PROCESS_FD, RELEASE_FD, make_plan
from sdk.drivers.storage import Mount
from sdk.shim import layout


def calls(plan):
    return [operation.syscall for operation in plan.operations]


def test_the_binary_runs_between_the_mounts_and_the_supervision():
    rootfs = (Mount("overlay", "/layers", ("lowerdir=a:b", "upperdir=c", "workdir=d")),)
    plan = make_plan(("/usr/sbin/runc", "create", "x"), linger=True, rootfs=rootfs, root="/run/x/rootfs")
    order = calls(plan)
    assert order.index("unshare") < order.index("clone3") < order.index("execve") < order.index("futex") < order.index("fcntl")
    overlay = next(operation for operation in plan.operations if operation.reason == "the container's root")
    assert overlay.arguments == ("/layers", "/run/x/rootfs", "overlay", 0, "lowerdir=a:b,upperdir=c,workdir=d")


def test_a_read_only_bind_takes_two_calls():
    plan = make_plan(("/r",), linger=True, rootfs=(Mount("bind", "/x", ("rbind", "ro")),), root="/root")
    mounts = [operation.arguments for operation in plan.operations if operation.syscall == "mount"]
    assert len(mounts) == 3
    assert mounts[2][3] & 32


def test_an_exec_makes_no_mount_namespace():
    plan = make_plan(("/r", "exec"), linger=False)
    assert "unshare" not in calls(plan)
    assert "mount" not in calls(plan)
    assert "ppoll" not in calls(plan)


def test_the_binary_gets_nothing_but_its_streams_and_dies_with_the_shim():
    plan = make_plan(("/r",), linger=True)
    order = calls(plan)
    child = plan.operations[order.index("clone3") + 1 : order.index("execve") + 1]
    assert [operation.syscall for operation in child] == ["prctl", "rt_sigprocmask", "close_range", "execve"]


def test_numbers_do_not_collide():
    assert PROCESS_FD > layout.HIGHEST_FD
    assert RELEASE_FD not in (layout.PLAN_FD, layout.READY_FD, layout.EXITED_FD, layout.PARKING_FD)
