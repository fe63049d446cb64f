"""The Dockerfile and the ignore file of a context that may hold anything."""

import os
from pathlib import Path

import pytest

from plugins.builder_dockerfile.context import read_definition, read_rules
from sdk.engine.builds import BuildRequest
from sdk.errors import BuildFailed


@pytest.fixture
def context(tmp_path: Path) -> Path:
    directory = tmp_path / "context"
    (directory / "sub").mkdir(parents=True)
    (tmp_path / "outside").write_text("outside")
    (directory / "out").symlink_to("../outside")
    (directory / "absolute").symlink_to("/etc/passwd")
    (directory / "link").symlink_to("sub/File")
    (directory / "loop").symlink_to("loop")
    (directory / "sub/File").write_text("FROM sub\n")
    os.mkfifo(directory / "pipe")
    return directory


def definition(context: Path | None, name: str = "Dockerfile", **request: object) -> str:
    return read_definition(BuildRequest(context=context, dockerfile=name, **request))


@pytest.mark.parametrize("name", ["sub/File", "./sub/../sub/File", "/sub/File", "link"])
def test_a_file_is_found_inside(context: Path, name: str) -> None:
    assert definition(context, name) == "FROM sub\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none", "open none: no such file or directory"),
        ("out", "open out: no such file or directory"),
        ("absolute", "open absolute: no such file or directory"),
        ("../outside", "open ../outside: no such file or directory"),
        ("loop", "open loop: no such file or directory"),
        ("sub/File/x", "open sub/File/x: no such file or directory"),
        ("a" * 300, f"open {'a' * 300}: no such file or directory"),
        ("sub", "read sub: is a directory"),
        ("pipe", "open pipe: not a regular file"),
    ],
)
def test_what_is_no_file_in_there_is_told_and_not_opened(context: Path, name: str, reason: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        definition(context, name)
    assert failed.value.message == f"failed to read dockerfile: {reason}"


def test_the_usual_name_may_be_written_in_lower_case(context: Path) -> None:
    (context / "dockerfile").write_text("lower")
    assert definition(context) == "lower"
    (context / "Dockerfile").write_text("upper")
    assert definition(context) == "upper"
    (context / "other").write_text("other")
    with pytest.raises(BuildFailed):
        definition(context, "Other")


def test_a_text_or_another_directory_comes_before_the_context(context: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("beside")
    assert definition(context, dockerfile_directory=tmp_path) == "beside"
    assert definition(context, dockerfile_text="") == ""
    with pytest.raises(BuildFailed, match="no such file or directory"):
        definition(None)


def test_bytes_stay_as_they_are_and_line_ends_too(context: Path) -> None:
    (context / "Dockerfile").write_bytes(b"FROM a\r\n# \xe9\n")
    assert definition(context) == "FROM a\r\n# \udce9\n"


def test_a_file_has_a_limit(context: Path) -> None:
    with open(context / "Dockerfile", "wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(BuildFailed, match="read Dockerfile: file too large"):
        definition(context)


def rules(context: Path | None, **request: object) -> list[str]:
    """Return which of three names are ignored."""
    found = read_rules(BuildRequest(context=context, **request))
    return [name for name in ("a", "b", "c") if found.ignores(name)]


def test_an_ignore_file_of_the_dockerfiles_own_comes_first(context: Path, tmp_path: Path) -> None:
    assert rules(context) == rules(None) == []
    (context / ".dockerignore").write_text("a\n")
    assert rules(context) == ["a"]
    (context / "Dockerfile.dockerignore").write_text("b\n")
    assert rules(context) == ["b"]
    assert rules(context, dockerfile="Other") == ["a"]
    assert rules(context, dockerfile_text="FROM x") == ["a"]
    assert rules(context, dockerfile_directory=tmp_path) == ["a"]
    (tmp_path / "Dockerfile.dockerignore").write_text("c\n")
    assert rules(context, dockerfile_directory=tmp_path) == ["c"]
    (tmp_path / "Dockerfile.dockerignore").write_text("")
    assert rules(context, dockerfile_directory=tmp_path) == []


@pytest.mark.parametrize(
    ("name", "reason"), [("pipe", "open .dockerignore: not a regular file"), ("sub", "read .dockerignore: is a directory")]
)
def test_an_ignore_file_that_is_none_is_told(context: Path, name: str, reason: str) -> None:
    (context / ".dockerignore").symlink_to(name)
    with pytest.raises(BuildFailed) as failed:
        rules(context)
    assert (failed.value.message, failed.value.file) == (f"error reading .dockerignore: {reason}", ".dockerignore")


@pytest.mark.parametrize("pattern", ["[a", "[z-a]", "a\\", "a**b**c**d"])
def test_a_bad_pattern_is_told(context: Path, pattern: str) -> None:
    (context / ".dockerignore").write_text(pattern)
    with pytest.raises(BuildFailed, match=r"error reading .dockerignore: syntax error in pattern"):
        rules(context)
