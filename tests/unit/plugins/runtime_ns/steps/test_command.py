"""Finding the program, and what is said when it cannot be executed."""

import errno

import pytest

from plugins.runtime_ns.failures import exec_failed, start_failed
from plugins.runtime_ns.steps.command import DEFAULT_PATH, execute
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.oci.runtime import Process, User
from sdk.shim.launch import PlanFailed
from sdk.shim.plan import Operation, Plan


def operations(*args: str, env: tuple[str, ...] = ()) -> list[Operation]:
    plan = Plan(syscall_numbers(ABI.X86_64))
    execute(plan, Process(args=args, cwd="/", user=User(), env=env))
    plan.assemble()
    return plan.operations


def tried(*args: str, env: tuple[str, ...] = ()) -> list[str]:
    return [str(operation.arguments[0]) for operation in operations(*args, env=env) if operation.syscall == "execve"]


def test_a_name_is_looked_for_in_the_process_own_path() -> None:
    assert tried("ls", env=("PATH=/first:/second/", "PATH=/bin::/usr/bin")) == ["/bin/ls", "/usr/bin/ls", ""]


def test_without_a_path_the_usual_one_is_taken() -> None:
    assert tried("ls")[:-1] == [f"{directory}/ls" for directory in DEFAULT_PATH.split(":")]


def test_a_path_is_executed_as_it_is() -> None:
    assert tried("./run")[0] == "./run"


@pytest.mark.parametrize(
    ("args", "index", "number", "sentence", "code"),
    [
        (("nosuch",), -1, errno.ENOENT, 'exec: "nosuch": executable file not found in $PATH', 127),
        (("",), -1, errno.ENOENT, 'exec: "": executable file not found in $PATH', 127),
        (("/no",), 0, errno.ENOENT, 'exec: "/no": stat /no: no such file or directory', 127),
        (("/etc",), -2, errno.ENOENT, 'exec: "/etc": is a directory', 126),
        (("/plain",), -1, errno.ENOENT, 'exec: "/plain": permission denied', 126),
        (("/broken",), 1, errno.ENOEXEC, "exec /broken: exec format error", 128),
        (("/script",), 1, errno.ENOENT, "exec /script: no such file or directory", 127),
    ],
)
def test_sentences_and_codes(args: tuple[str, ...], index: int, number: int, sentence: str, code: int) -> None:
    failure = PlanFailed(operations(*args)[index], number)
    started, executed = start_failed(failure), exec_failed(failure)
    prefix = "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    assert started.message.startswith(prefix)
    ending = ": permission denied" if sentence.endswith("is a directory") else ""  # by these words clients know code 126
    assert started.message.endswith(f"error during container init: {sentence}: unknown{ending}")
    assert (
        executed.message == f"OCI runtime exec failed: exec failed: unable to start container process: {sentence}: unknown{ending}"
    )
    assert started.exit_code == executed.exit_code == code


def test_a_file_on_a_directory_gets_dockers_hint() -> None:
    operation = Operation("move_mount", (), "bind", 'error mounting "/a" to rootfs at "/b": {error}')
    failed = start_failed(PlanFailed(operation, errno.ENOTDIR))
    assert "not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?" in failed.message
    assert failed.exit_code == 127


def test_an_operation_without_a_sentence_tells_its_reason() -> None:
    failed = start_failed(PlanFailed(Operation("pivot_root", (), "the old root"), errno.EINVAL))
    assert "pivot_root (the old root): invalid argument" in failed.message
