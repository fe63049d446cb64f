"""The shipped executors are what their source says, and the C and Python executors do the same."""

import errno
import os
import platform
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import sdk.shim
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.shim import layout
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record
from sdk.shim.spawn import Executor, python_executor, spawn, sysrun

SOURCE = Path(sdk.shim.__file__).parent
ABIS = {"x86_64": ABI.X86_64, "aarch64": ABI.AARCH64}


def build(target: Path) -> bytes:
    subprocess.run(["make", "-s", "-C", SOURCE, f"OUT={target.parent}", target], check=True, capture_output=True)
    return target.read_bytes()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_blob_is_what_its_source_compiles_to(machine: str, tmp_path: Path) -> None:
    for needed in ("x86_64-linux-gnu-gcc", f"{machine}-linux-gnu-gcc", "make"):
        if shutil.which(needed) is None:
            pytest.skip(f"needs {needed}")
    shipped, built = SOURCE / "blobs", build(tmp_path / f"sysrun-{machine}")
    if build(tmp_path / "toolchain") != (shipped / "toolchain").read_bytes():
        pytest.skip("built here by another toolchain than the blob that is shipped")
    assert built == (shipped / f"sysrun-{machine}").read_bytes()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_blob_is_tiny_and_has_no_writable_code(machine: str) -> None:
    blob = (SOURCE / "blobs" / f"sysrun-{machine}").read_bytes()
    assert len(blob) < 1024
    entry = struct.unpack_from("<HHI", blob, 64)
    assert entry[0] == 1  # a program header of type LOAD
    assert struct.unpack_from("<I", blob, 68)[0] == 5  # read and execute


def emulated(machine: str) -> Executor | None:
    """Return the executor of another machine under qemu's user mode emulation; None if that is not installed."""
    qemu = shutil.which(f"qemu-{machine}-static")
    if qemu is None or machine == platform.machine():
        return None
    return Executor(machine, qemu, (qemu, str(SOURCE / "blobs" / f"sysrun-{machine}")))


def executors() -> list[Executor]:
    return [executor for executor in (sysrun(), python_executor(), emulated("aarch64"), emulated("x86_64")) if executor]


@pytest.fixture(params=executors(), ids=lambda executor: executor.name)
def executor(request: pytest.FixtureRequest) -> Executor:
    return request.param


@pytest.fixture
def plan(executor: Executor) -> Plan:
    return Plan(syscall_numbers(ABIS.get(executor.name) or ABIS[platform.machine()]))


def run(executor: Executor, plan: Plan) -> tuple[int, bytes]:
    """Run a plan; return the exit code and the state file afterwards."""
    state = os.memfd_create("plan")
    try:
        os.write(state, plan.assemble())
        _, status = os.waitpid(spawn(executor, {layout.PLAN_FD: state}, ("test",)), 0)
        return os.waitstatus_to_exitcode(status), os.pread(state, layout.HEADER.size, 0)
    finally:
        os.close(state)


def leave(plan: Plan, code: int) -> None:
    plan.call("exit_group", code, why="the test's answer")


def test_a_plan_that_ends_is_a_success(executor: Executor, plan: Plan) -> None:
    plan.call("getpid", why="nothing")
    code, header = run(executor, plan)
    assert code == 0
    assert struct.unpack_from("<II", header, layout.FAILED) == (0, 0)
    assert struct.unpack_from("<i", header, layout.SHIM)[0] > 0


def test_an_error_ends_the_plan_and_is_recorded(executor: Executor, plan: Plan) -> None:
    plan.call("getpid", why="nothing")
    plan.call("chdir", "/no such directory", why="to fail")
    leave(plan, 5)
    code, header = run(executor, plan)
    assert code == 121
    assert struct.unpack_from("<II", header, layout.FAILED) == (2, errno.ENOENT)


@pytest.mark.parametrize(("tolerate", "code"), [(errno.ENOENT, 5), (ANY_ERROR, 5), (errno.EPERM, 121)])
def test_only_the_tolerated_error_is_passed_over(executor: Executor, plan: Plan, tolerate: int, code: int) -> None:
    plan.call("chdir", "/no such directory", why="to fail", tolerate=tolerate)
    leave(plan, 5)
    assert run(executor, plan)[0] == code


def test_results_are_arguments_of_later_calls(executor: Executor, plan: Plan, tmp_path: Path) -> None:
    file = plan.slot()
    path = tmp_path / "written"
    plan.call("openat", -100, str(path), os.O_WRONLY | os.O_CREAT, 0o600, why="a file", store=file)
    plan.call("write", file, b"by the plan", 11, why="its content")
    assert run(executor, plan)[0] == 0
    assert path.read_bytes() == b"by the plan"


@pytest.mark.parametrize(("path", "on_zero", "code"), [("/", True, 7), ("/none", True, 5), ("/", False, 5), ("/none", False, 7)])
def test_jumps_are_taken_on_zero_or_not(executor: Executor, plan: Plan, path: str, on_zero: bool, code: int) -> None:
    there = Label()
    jump = {"if_zero": there} if on_zero else {"if_not_zero": there}
    plan.call("faccessat", -100, path, os.F_OK, why="to decide", tolerate=ANY_ERROR, **jump)
    leave(plan, 5)
    plan.place(there)
    leave(plan, 7)
    assert run(executor, plan)[0] == code


def test_pointers_within_records_lead_to_their_data(executor: Executor, plan: Plan) -> None:
    script = 'test "$1$A" = onetwo && exit 9'
    argv = Record(("/bin/sh", "-c", script, "sh", "one", 0))
    plan.call("execve", "/bin/sh", argv, Record(("A=two", 0)), why="a shell")
    assert run(executor, plan)[0] == 9


def test_signals_are_at_their_defaults(executor: Executor, plan: Plan) -> None:
    plan.call("execve", "/bin/sh", Record(("sh", "-c", "kill -PIPE $$; exit 0", 0)), Record((0,)), why="a shell")
    assert run(executor, plan)[0] == -13
