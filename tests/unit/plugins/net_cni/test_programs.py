"""Plugins as programs: found, run, timed out, and what their failures mean."""

import json
from pathlib import Path

import pytest

from plugins.net_cni.programs import Programs, Target
from sdk.errors import DeadlineExceeded, DriverError, EngineError, InvalidArgument, NotFound, Unavailable

TARGET = Target("abc", "/proc/1/ns/net", "eth0")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def plugin(directory: Path, name: str, content: str, mode: int = 0o755) -> None:
    (directory / name).write_text(content)
    (directory / name).chmod(mode)


def test_the_first_directory_that_has_a_program_counts(tmp_path: Path, directory: Path) -> None:
    other = tmp_path / "other"
    (other / "bridge").mkdir(parents=True)
    plugin(directory, "bridge", "#!/bin/sh\n")
    plugin(directory, "plain", "#!/bin/sh\n", 0o644)
    programs = Programs((other, directory), 5)
    assert programs.find("bridge") == directory / "bridge"
    for missing in ("plain", "none", "a" * 300):
        with pytest.raises(InvalidArgument) as refused:
            programs.find(missing)
        assert refused.value.message == f'failed to find plugin "{missing}" in path [{other}:{directory}]'


def test_a_plugin_is_told_by_environment_and_input_and_answers_by_output(tmp_path: Path, directory: Path) -> None:
    plugin(directory, "show", '#!/bin/sh\necho "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_PATH"; cat\n')
    Programs((directory,), 5).run("show", "ADD", TARGET, b"config", tmp_path / "answer")
    assert (tmp_path / "answer").read_text() == f"ADD abc /proc/1/ns/net eth0 {directory}\nconfig"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, InvalidArgument),
        (3, NotFound),
        (7, InvalidArgument),
        (11, Unavailable),
        (5, DriverError),
        (999, DriverError),
        (0, DriverError),
    ],
)
def test_a_failures_code_decides_what_it_is(tmp_path: Path, directory: Path, code: int, kind: type[EngineError]) -> None:
    answer = json.dumps({"code": code, "msg": "it is full", "details": "of holes"})
    plugin(directory, "fail", f"#!/bin/sh\necho '{answer}'; echo ignored >&2; exit 1\n")
    with pytest.raises(kind, match="fail ADD: it is full: of holes") as failed:
        Programs((directory,), 5).run("fail", "ADD", TARGET, b"", tmp_path / "answer")
    assert type(failed.value) is kind


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo last words >&2; exit 1", "last words"),
        ("exit 3", "exit status 3"),
        ("printf '\\377'; exit 3", "exit status 3"),
        ('printf \'{"msg": "\\377"}\'; echo said >&2; exit 3', "said"),
        ("echo '[]'; exit 3", "exit status 3"),
        ("printf '{\"x\":'; head -c 20000 /dev/zero | tr '\\0' '['; exit 3", "exit status 3"),
        ("kill -9 $$", "exit status -9"),
    ],
)
def test_a_failure_without_an_answer_has_its_last_words(tmp_path: Path, directory: Path, script: str, message: str) -> None:
    plugin(directory, "fail", f"#!/bin/sh\n{script}\n")
    with pytest.raises(DriverError, match=message):
        Programs((directory,), 5).run("fail", "DEL", TARGET, b"", tmp_path / "answer")


def test_a_program_that_cannot_be_run_is_told(tmp_path: Path, directory: Path) -> None:
    """It was told in Python's words."""
    plugin(directory, "text", "no program")
    plugin(directory, "lost", "#!/no/such/shell\n")
    for name, reason in (("text", "exec format error"), ("lost", "no such file or directory")):
        with pytest.raises(DriverError, match=f"{name} ADD: it cannot be run: {reason}"):
            Programs((directory,), 5).run(name, "ADD", TARGET, b"", tmp_path / "answer")


def test_a_plugin_has_its_time(tmp_path: Path, directory: Path) -> None:
    plugin(directory, "hang", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(DeadlineExceeded, match=r"CNI plugin hang did not finish ADD in 0\.1 s"):
        Programs((directory,), 0.1).run("hang", "ADD", TARGET, b"", tmp_path / "answer")
