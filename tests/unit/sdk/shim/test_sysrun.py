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
from sdk.drivers.runtime import ExitStatus
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.shim import layout
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record
from sdk.shim.spawn import Executor, python_executor, spawn, sysrun
from sdk.shim.state import StateFile
from sdk.shim.supervisor import fork

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


@pytest.fixture(params=[executor for executor in executors() if executor.name not in ABIS], ids=lambda executor: executor.name)
def forking(request: pytest.FixtureRequest) -> Executor:
    """An executor that is not emulated: qemu has no clone3."""
    return request.param


@pytest.fixture
def native() -> Plan:
    return Plan(syscall_numbers(ABIS[platform.machine()]))


@pytest.fixture
def plan(executor: Executor) -> Plan:
    return Plan(syscall_numbers(ABIS.get(executor.name) or ABIS[platform.machine()]))


def run(executor: Executor, plan: Plan, state: StateFile | None = None) -> int:
    """Run a plan; return the exit code. A state that is given can be looked at afterwards."""
    state = state or StateFile.create(plan.assemble(), None)
    _, status = os.waitpid(spawn(executor, {layout.PLAN_FD: state.descriptor}, ("test",)), 0)
    return os.waitstatus_to_exitcode(status)


def leave(plan: Plan, code: int) -> None:
    plan.call("exit_group", code, why="the test's answer")


def test_a_plan_that_ends_is_a_success(executor: Executor, plan: Plan) -> None:
    plan.call("getpid", why="nothing")
    state = StateFile.create(plan.assemble(), None)
    assert run(executor, plan, state) == 0
    assert state.failure is None
    assert state.shim > 0


def test_an_error_ends_the_plan_and_is_recorded(executor: Executor, plan: Plan) -> None:
    plan.call("getpid", why="nothing")
    plan.call("chdir", "/no such directory", why="to fail")
    leave(plan, 5)
    state = StateFile.create(plan.assemble(), None)
    assert run(executor, plan, state) == 121
    assert state.failure == (1, errno.ENOENT)


@pytest.mark.parametrize(("tolerate", "code"), [(errno.ENOENT, 5), (ANY_ERROR, 5), (errno.EPERM, 121)])
def test_only_the_tolerated_error_is_passed_over(executor: Executor, plan: Plan, tolerate: int, code: int) -> None:
    plan.call("chdir", "/no such directory", why="to fail", tolerate=tolerate)
    leave(plan, 5)
    assert run(executor, plan) == code


def test_results_are_arguments_of_later_calls(executor: Executor, plan: Plan, tmp_path: Path) -> None:
    file = plan.slot()
    path = tmp_path / "written"
    plan.call("openat", -100, str(path), os.O_WRONLY | os.O_CREAT, 0o600, why="a file", store=file)
    plan.call("write", file, b"by the plan", 11, why="its content")
    assert run(executor, plan) == 0
    assert path.read_bytes() == b"by the plan"


@pytest.mark.parametrize(("path", "on_zero", "code"), [("/", True, 7), ("/none", True, 5), ("/", False, 5), ("/none", False, 7)])
def test_jumps_are_taken_on_zero_or_not(executor: Executor, plan: Plan, path: str, on_zero: bool, code: int) -> None:
    there = Label()
    jump = {"if_zero": there} if on_zero else {"if_not_zero": there}
    plan.call("faccessat", -100, path, os.F_OK, why="to decide", tolerate=ANY_ERROR, **jump)
    leave(plan, 5)
    plan.place(there)
    leave(plan, 7)
    assert run(executor, plan) == code


def test_pointers_within_records_lead_to_their_data(executor: Executor, plan: Plan) -> None:
    script = 'test "$1$A" = onetwo && exit 9'
    argv = Record(("/bin/sh", "-c", script, "sh", "one", 0))
    plan.call("execve", "/bin/sh", argv, Record(("A=two", 0)), why="a shell")
    assert run(executor, plan) == 9


def test_signals_are_at_their_defaults(executor: Executor, plan: Plan) -> None:
    plan.call("execve", "/bin/sh", Record(("sh", "-c", "kill -PIPE $$; exit 0", 0)), Record((0,)), why="a shell")
    assert run(executor, plan) == -13


def test_what_is_written_in_a_forked_process_is_never_seen_by_its_parent(forking: Executor, native: Plan, tmp_path: Path) -> None:
    """Both carry out the same plan; the kernel writes two numbers into the child's."""
    numbers, seen, file = b"no number of descriptors", tmp_path / "seen", native.slot()
    forked = fork(native, 0)
    native.call("pipe2", numbers, 0, why="the numbers are written into the plan")
    leave(native, 3)
    native.place(forked.parent)
    native.call("wait4", forked.child, layout.address(layout.STATUS), 0x40000000, None, why="until the child has written")
    native.call("openat", -100, str(seen), os.O_WRONLY | os.O_CREAT, 0o600, why="to show", store=file)
    native.call("write", file, numbers, len(numbers), why="what the parent has")
    image = native.assemble()
    state = StateFile.create(image, None)
    assert run(forking, native, state) == 0
    assert seen.read_bytes() == numbers
    assert os.pread(state.descriptor, len(image), 0)[layout.HEADER.size :] == image[layout.HEADER.size :]
    assert state.pid > 0
    assert state.exit_status(1) == ExitStatus(3, 1)


def test_a_forked_process_has_no_mapping_of_the_state_and_tells_of_its_failure(forking: Executor, native: Plan) -> None:
    forked = fork(native, 0)
    native.call("getpid", why="nothing")
    native.call("write", -1, layout.address(0), 8, why="what is not mapped cannot be read", tolerate=errno.EBADF)
    end = Record((0, 0))
    native.call("pipe2", end, 0, why="a pipe")
    native.call("clock_gettime", 0, layout.address(layout.EXITED), why="the kernel cannot write there")
    leave(native, 3)
    native.place(forked.parent)
    native.call("wait4", forked.child, layout.address(layout.STATUS), 0x40000000, None, why="until the child has ended")
    leave(native, 0)
    state = StateFile.create(native.assemble(), None)
    assert run(forking, native, state) == 0
    failed, error = state.failure or (0, 0)
    assert (native.operations[failed].syscall, error) == ("clock_gettime", errno.EFAULT)
