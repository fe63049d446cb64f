"""Further processes in a container."""

import pytest

from core.containers.process.capabilities import available_capabilities
from core.containers.process.spec import console_size, exec_process
from sdk.oci.runtime import Capabilities, ConsoleSize, Process, Rlimit, User

FIRST = Process(
    args=("init",), cwd="/", user=User(), env=("A=1",), terminal=True, console_size=ConsoleSize(24, 80), no_new_privileges=True,
    capabilities=Capabilities(bounding=("CAP_CHOWN", "CAP_KILL"), effective=("CAP_CHOWN",)), rlimits=(Rlimit("RLIMIT_CORE", 0, 0),),
)  # fmt: skip


def further(user: User | None = None, *, privileged: bool = False, container: Process = FIRST) -> Process:
    return exec_process(container, args=("sh",), env=("B=2",), cwd="/tmp", user=user or User(), privileged=privileged)


def test_what_is_its_own_and_what_it_inherits() -> None:
    made = further()
    assert (made.args, made.env, made.cwd, made.terminal, made.console_size) == (("sh",), ("B=2",), "/tmp", False, None)
    assert (made.no_new_privileges, made.rlimits) == (True, FIRST.rlimits)
    assert made.capabilities
    assert made.capabilities.bounding == made.capabilities.effective == ("CAP_CHOWN", "CAP_KILL")


def test_another_user_than_root_has_no_capabilities_in_effect() -> None:
    made = further(User(uid=1000))
    assert made.capabilities
    assert (made.capabilities.bounding, made.capabilities.effective) == (("CAP_CHOWN", "CAP_KILL"), ())


def test_a_privileged_one_has_all_that_there_are() -> None:
    made = further(privileged=True)
    assert made.capabilities
    assert set(made.capabilities.bounding) == set(available_capabilities())


def test_a_container_without_capabilities_gives_none() -> None:
    bare = Process(args=("init",), cwd="/", user=User())
    made = further(container=bare)
    assert made.capabilities == Capabilities()


@pytest.mark.parametrize(
    ("rows", "columns", "expected"), [(24, 80, ConsoleSize(height=24, width=80)), (0, 80, None), (24, 0, None), (0, 0, None)]
)
def test_the_size_of_a_terminal_is_known_or_not(rows: int, columns: int, expected: ConsoleSize | None) -> None:
    assert console_size(rows, columns) == expected
