"""Finding and running a binary, with a stand-in written in shell."""

import pytest

from plugins.runtime_oci.binary import Binary, CommandFailed, State, find_binary, last_error
from sdk.errors import SkipPlugin


def program(tmp_path, script: str) -> str:
    path = tmp_path / "fakerun"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_command_with_its_globals(tmp_path):
    binary = Binary("/usr/sbin/runc", tmp_path / "state")
    assert binary.command("start", "x") == ("/usr/sbin/runc", "--root", str(tmp_path / "state"), "start", "x")
    assert binary.command("start", "x", log=tmp_path / "log")[3:7] == ("--log", str(tmp_path / "log"), "--log-format", "json")


def test_output_and_input(tmp_path):
    binary = Binary(program(tmp_path, "shift 2; echo $*; cat"), tmp_path / "state")
    assert binary.run("update", "x", stdin=b"in") == b"update x\nin"


def test_a_failure_has_the_last_words(tmp_path):
    binary = Binary(program(tmp_path, "echo first >&2; echo last >&2; exit 1"), tmp_path)
    with pytest.raises(CommandFailed, match="^last$"):  # noqa: RUF043
        binary.run("start", "x")


def test_a_failure_in_logrus_clothes(tmp_path):
    words = r"""echo 'time="now" level=error msg="exec: \"x\": not found"' >&2; exit 1"""
    with pytest.raises(CommandFailed, match='^exec: "x": not found$'):  # noqa: RUF043
        Binary(program(tmp_path, words), tmp_path).run("start", "x")


def test_a_silent_failure(tmp_path):
    with pytest.raises(CommandFailed, match="fakerun start failed with status 3"):
        Binary(program(tmp_path, "exit 3"), tmp_path).run("start", "x")


def test_states(tmp_path):
    answer = """echo '{"id":"x","status":"running","pid":7,"bundle":"/b"}'"""
    state = Binary(program(tmp_path, answer), tmp_path).state("x")
    assert state is not None
    assert (state.status, state.pid) == ("running", 7)
    assert Binary(program(tmp_path, "exit 1"), tmp_path).state("x") is None


def test_what_notices_a_missing_program_works_here(tmp_path):
    works = program(tmp_path, 'case "$*" in *--version) echo fakerun 1.0;; *) echo "no /no-such-program" >&2; exit 1;; esac')
    binary = find_binary(works, tmp_path)
    assert (binary.name, binary.version, binary.root) == ("fakerun", "fakerun 1.0", tmp_path / "fakerun")


def test_what_cannot_make_containers_is_skipped_with_its_reason(tmp_path):
    with pytest.raises(SkipPlugin, match=r"fakerun: cgroups are not to my taste"):
        find_binary(program(tmp_path, "echo cgroups are not to my taste >&2; exit 1"), tmp_path)
    with pytest.raises(SkipPlugin, match="/no/such: not installed"):
        find_binary("/no/such", tmp_path)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (b"", ""),
        (b'{"level": "error", "msg": "one"}\n{"level": "fatal", "msg": "two"}\n{"level": "info", "msg": "three"}\n', "two"),
        (b'{"level": "error", "msg": "one"}\n{"level": "error", "msg": "\xff"}\n', "one"),
        (b'{"level": "error", "msg": "one"}\n{"x": ' + b"[" * 20_000 + b"\n", "one"),
        (b'{"level": "error", "msg": "one"}\ncut {', "one"),
        (b"no JSON", ""),
    ],
)
def test_the_last_error_of_a_log(log: bytes, message: str):
    assert last_error(log) == message


@pytest.mark.parametrize(
    ("output", "state"),
    [
        ('{"status": "running", "pid": 7}', State("running", 7)),
        ('{"status": "stopped"}', State("stopped")),
        ("{}", None),
        ("", None),
        (r"""{"status": "\377"}""", None),
    ],
)
def test_a_state_that_cannot_be_read_is_none(tmp_path, output: str, state: State | None):
    binary = Binary(program(tmp_path, f"printf '{output}'"), tmp_path)
    assert binary.state("x") == state
    assert Binary(program(tmp_path, "exit 1"), tmp_path).state("x") is None
