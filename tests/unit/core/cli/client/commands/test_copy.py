"""`core cp` out of a container: where files land, what they replace, and archives that mean harm."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from core.cli.client.commands.copy import _renamed, _split, _unpack
from core.cli.client.connection.api import ApiError

Member = tuple[str, bytes | str | None]


def archive(*members: Member) -> io.BytesIO:
    """A tar of files (bytes), directories (None) and symbolic links (text)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
                member.mode = 0o755
            elif isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            made.addfile(member, io.BytesIO(content if isinstance(content, bytes) else b""))
    packed.seek(0)
    return packed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web:/etc", ("web", "/etc")),
        ("web:", ("web", "")),
        ("file", ("", "file")),
        ("./a:b", ("", "./a:b")),
        ("/a:b", ("", "/a:b")),
        ("-", ("", "-")),
    ],
)
def test_what_is_in_a_container(text: str, parts: tuple[str, str]) -> None:
    assert _split(text) == parts


@pytest.mark.parametrize(
    ("path", "first", "renamed"),
    [("a/b", "c", "c/b"), ("a", "c", "c"), ("a/b", "", "a/b"), ("a/", "c", "c/"), ("a/b/c", ".", "./b/c")],
)
def test_the_first_part_is_what_is_renamed(path: str, first: str, renamed: str) -> None:
    assert _renamed(path, first) == renamed


def test_into_a_directory_a_file_keeps_its_name_and_beside_one_it_takes_the_targets(tmp_path: Path) -> None:
    _unpack(archive(("f", b"x")), tmp_path, contents=False)
    _unpack(archive(("f", b"x")), tmp_path / "g", contents=False)
    assert sorted(os.listdir(tmp_path)) == ["f", "g"]


def test_a_directory_s_contents_alone(tmp_path: Path) -> None:
    _unpack(archive(("d", None), ("d/f", b"x")), tmp_path, contents=True)
    assert os.listdir(tmp_path) == ["f"]
    _unpack(archive(("d", None), ("d/f", b"x")), tmp_path / "new", contents=True)
    assert os.listdir(tmp_path / "new") == ["f"]


def test_there_must_be_a_directory_to_copy_into(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="no such directory: "):
        _unpack(archive(("f", b"x")), tmp_path / "no/such", contents=False)


def test_a_second_copy_replaces_files_and_links_and_follows_none(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    target = tmp_path / "target"
    target.mkdir()
    members: list[Member] = [("d", None), ("d/link", str(victim)), ("d/file", b"one")]
    _unpack(archive(*members), target, contents=False)
    _unpack(archive(*members[:2], ("d/file", b"two")), target, contents=False)
    assert os.readlink(target / "d/link") == str(victim)
    assert (target / "d/file").read_bytes() == b"two"
    _unpack(archive(("d", None), ("d/link", b"theirs")), target, contents=False)
    assert (target / "d/link").read_bytes() == b"theirs"
    assert victim.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("there", "members", "sentence"),
    [
        ("directory", (("x", b""),), "cannot overwrite directory .* with non-directory"),
        ("file", (("x", None),), "cannot overwrite non-directory .* with directory"),
    ],
)
def test_a_directory_and_a_file_do_not_replace_each_other(
    tmp_path: Path, there: str, members: tuple[Member], sentence: str
) -> None:
    (tmp_path / "x").mkdir() if there == "directory" else (tmp_path / "x").touch()
    with pytest.raises(ApiError, match=sentence):
        _unpack(archive(*members), tmp_path, contents=False)


@pytest.mark.parametrize(
    "members",
    [
        (("../out", b"x"),),
        (("d", None), ("d/up", ".."), ("d/up/../out", b"x")),
        (("link", ".."), ("link/out", b"x")),
        (("a/../../out", b"x"),),
    ],
)
def test_nothing_is_written_outside(tmp_path: Path, members: tuple[Member, ...]) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    with pytest.raises(ApiError):
        _unpack(archive(*members), inside, contents=False)
    assert os.listdir(tmp_path) == ["in"]


@pytest.mark.parametrize("content", [b"", b"no archive", archive(("f", b"x" * 2000)).getvalue()[:1500]])
def test_an_archive_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ApiError):
        _unpack(io.BytesIO(content), tmp_path, contents=False)


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="file name too long"):
        _unpack(archive(("x" * 300, b"")), tmp_path, contents=False)
