"""How a command ends that cannot do what it was asked for."""

from collections.abc import Callable

import pytest

from core.cli.client.connection.api import ApiError
from core.cli.client.connection.endpoint import BadHost
from core.cli.client.connection.failure import exits, for_each, start_status


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ('exec: "x": executable file not found in $PATH', 127),
        ("exec: /x: no such file or directory", 127),
        ("exec: x: the system cannot find the file", 127),
        ("exec: /etc: permission denied", 126),
        ("exec: /etc: is a directory", 126),
        ("exec /x: exec format error", 126),
        ("port is already allocated", 125),
        ("", 125),
    ],
)
def test_exit_statuses_of_failed_starts(message: str, status: int) -> None:
    assert start_status(ApiError(400, message)) == status


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("error", [ApiError(404, "No such container: x"), BadHost("No such container: x")])
def test_a_refusal_is_a_sentence_and_the_commands_status(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        exits(125)(raising(error))()
    assert caught.value.code == 125
    assert capsys.readouterr().err == "core: No such container: x\n"


def test_ctrl_c_ends_it_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        exits()(raising(KeyboardInterrupt()))()
    assert caught.value.code == 130
    assert capsys.readouterr() == ("", "")


def test_a_command_that_works_does_not_exit() -> None:
    exits()(lambda: None)()


def test_what_fails_for_one_name_is_done_for_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    def act(name: str) -> None:
        if name == "b":
            raise ApiError(404, "No such container: b")

    with pytest.raises(SystemExit) as caught:
        for_each(["a", "b", "c"], act)
    assert caught.value.code == 1
    assert capsys.readouterr() == ("a\nc\n", "core: No such container: b\n")
    for_each([], act)
    for_each(["a"], act)
