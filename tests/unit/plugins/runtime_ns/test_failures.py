"""Docker's sentences and exit codes for processes that could not be started."""

import errno

import pytest

from plugins.runtime_ns.failures import exec_failed, start_failed
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.shim.launch import PlanFailed
from sdk.shim.plan import Operation, Plan


def operation(syscall: str, complaint: str = "") -> Operation:
    plan = Plan(syscall_numbers(ABI.X86_64))
    plan.call(syscall, 0, why="it is so", **({"complaint": complaint} if complaint else {}))
    plan.assemble()
    return plan.operations[0]


@pytest.mark.parametrize(
    ("syscall", "complaint", "number", "sentence", "code"),
    [
        ("setresuid", "unable to setup user: {error}", errno.EINVAL, "unable to setup user: invalid argument", 128),
        ("setresuid", "", errno.EPERM, "setresuid (it is so): operation not permitted", 128),
        ("execve", 'exec: "x": {error}', errno.EACCES, 'exec: "x": permission denied', 126),
        (
            "execve",
            'exec: "x": executable file not found in $PATH',
            errno.ENOENT,
            'exec: "x": executable file not found in $PATH',
            127,
        ),
        ("chdir", "chdir {error}", errno.ENOTDIR, "chdir not a directory", 127),
        ("mknodat", "{error} {error}", errno.EEXIST, "file exists file exists", 128),
    ],
)
def test_what_went_wrong_is_told_and_decides_the_code(syscall: str, complaint: str, number: int, sentence: str, code: int) -> None:
    failed = exec_failed(PlanFailed(operation(syscall, complaint), number))
    assert failed.message == f"OCI runtime exec failed: exec failed: unable to start container process: {sentence}: unknown"
    assert failed.exit_code == code


def test_a_file_mounted_on_a_directory_is_told_as_mount_tells_it() -> None:
    failed = start_failed(PlanFailed(operation("move_mount", 'error mounting "a" to rootfs at "b": {error}'), errno.EINVAL))
    assert (
        'error mounting "a" to rootfs at "b": not a directory: unknown: Are you trying to mount a directory onto a file'
        in failed.message
    )
    assert failed.exit_code == 127


def test_a_directory_that_is_executed_is_told_by_the_words_clients_know() -> None:
    failed = start_failed(PlanFailed(operation("execve", "exec: {error}"), errno.EISDIR))
    assert failed.message.endswith("exec: is a directory: unknown: permission denied")
    assert failed.exit_code == 126
