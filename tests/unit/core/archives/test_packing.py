"""What is packed is what is there, also while it changes: a file that goes takes nothing else along, and the archive stays whole."""

import os
import socket
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from core.archives import packing as packing_module
from core.archives.packing import Packing


def packed(work: Callable[[Packing], None], **options: object) -> dict[str, tarfile.TarInfo]:
    """Return the members of what `work` packs, as Python's tarfile reads them."""
    return {member.name: member for member, _ in contents(work, **options)}


def contents(work: Callable[[Packing], None], **options: object) -> list[tuple[tarfile.TarInfo, bytes]]:
    with TemporaryFile() as output:
        packing = Packing(output.fileno(), **options)
        work(packing)
        packing.finish()
        output.seek(0)
        with tarfile.open(fileobj=output, errors="surrogateescape") as archive:
            return [(member, _content(archive, member)) for member in archive]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isreg() else None
    return file.read() if file else b""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def instead(monkeypatch: pytest.MonkeyPatch, call: str, name: bytes, change: Callable[[], None], *, after: bool = True) -> None:
    """Have something change in the tree right after (or before) the first call of the system's function for a name."""
    real, done = getattr(os, call), []

    def wrapped(path: bytes, *arguments: object, **options: object) -> object:
        due = not done and path == name
        if due:
            done.append(path)
        if due and not after:
            change()
        result = real(path, *arguments, **options)
        if due and after:
            change()
        return result

    monkeypatch.setattr(packing_module.os, call, wrapped)


def test_every_kind_of_file_but_sockets(here: Path) -> None:
    (here / "tree/empty").mkdir(parents=True)
    (here / "tree/file").write_bytes(b"content")
    (here / "tree/link").symlink_to("/nowhere")
    os.mkfifo(here / "tree/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("tree/socket")
        found = packed(lambda packing: packing.tree(b"tree", b"as"))
    assert {name: member.type for name, member in found.items()} == {
        "as": tarfile.DIRTYPE,
        "as/empty": tarfile.DIRTYPE,
        "as/file": tarfile.REGTYPE,
        "as/link": tarfile.SYMTYPE,
        "as/pipe": tarfile.FIFOTYPE,
    }
    assert found["as/link"].linkname == "/nowhere"


@pytest.mark.parametrize(("name", "expected"), [(b"", ["a"]), (b"x", ["x", "x/a"]), (b"x/", ["x", "x/a"]), (b".", [".", "./a"])])
def test_a_tree_has_the_name_it_is_given(here: Path, name: bytes, expected: list[str]) -> None:
    (here / "a").touch()
    assert list(packed(lambda packing: packing.tree(b".", name))) == expected


def test_one_file_is_a_tree_too_and_nothing_is_none(here: Path) -> None:
    (here / "file").write_bytes(b"x")
    assert list(packed(lambda packing: packing.tree(b"file", b"other"))) == ["other"]
    assert packed(lambda packing: packing.tree(b"missing", b"other")) == {}
    assert packed(lambda packing: packing.tree(b"file/below", b"other")) == {}


def test_names_of_one_file_are_hard_links_to_the_first(here: Path) -> None:
    (here / "a").write_bytes(b"x")
    for name in ("b", "c"):
        os.link("a", name)
    os.symlink("a", "l")
    os.link("l", "m", follow_symlinks=False)
    found = packed(lambda packing: packing.tree(b".", b""))
    assert {name: (member.type, member.linkname) for name, member in found.items()} == {
        "a": (tarfile.REGTYPE, ""),
        "b": (tarfile.LNKTYPE, "a"),
        "c": (tarfile.LNKTYPE, "a"),
        "l": (tarfile.SYMTYPE, "a"),
        "m": (tarfile.LNKTYPE, "l"),
    }


def test_a_change_is_one_path_alone_and_a_removal_a_whiteout(here: Path) -> None:
    (here / "root/dir").mkdir(parents=True)
    (here / "root/dir/file").write_bytes(b"x")

    def work(packing: Packing) -> None:
        for change in (b"+/dir", b"-/dir/gone", b"-/top", b"+/dir/missing"):
            packing.change(change, b"root/")

    assert {name: (member.type, member.size) for name, member in packed(work).items()} == {
        "dir": (tarfile.DIRTYPE, 0),
        "dir/.wh.gone": (tarfile.REGTYPE, 0),
        ".wh.top": (tarfile.REGTYPE, 0),
    }


def test_a_time_after_the_newest_is_told_as_that(here: Path) -> None:
    for name, seconds in (("old", 5), ("new", 99)):
        (here / name).touch()
        os.utime(name, (seconds, seconds))
    os.utime(".", (7, 7))
    found = packed(lambda packing: packing.tree(b".", b"."), newest=50)
    assert {name: member.mtime for name, member in found.items()} == {".": 7, "./old": 5, "./new": 50}


def test_directories_of_an_excluded_device_are_empty(here: Path) -> None:
    (here / "dir").mkdir()
    (here / "dir/file").touch()
    device = here.stat().st_dev
    assert list(packed(lambda packing: packing.tree(b"dir", b"dir"), excluded=frozenset({device}))) == ["dir"]
    assert list(packed(lambda packing: packing.tree(b"dir", b"dir"), excluded=frozenset({device + 1}))) == ["dir", "dir/file"]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, (1 << 16), (1 << 16) + 1, (1 << 18) + 77])
@pytest.mark.parametrize("sparse", [False, True])
def test_content_of_every_size_is_whole(here: Path, size: int, sparse: bool) -> None:
    data = bytes(range(1, 252)) * (size // 251 + 1)
    (here / "file").write_bytes(data[:size])
    (here / "next").write_bytes(b"after")
    sizes = []

    def work(packing: Packing) -> None:
        packing.tree(b".", b"")
        sizes.append(packing.size)

    assert [content for _, content in contents(work, sparse=sparse)] == [data[:size], b"after"]
    assert sizes == [size + 5]


@pytest.mark.parametrize("data", [b"", b"in the middle"])
def test_holes_are_left_out_where_that_is_asked(here: Path, data: bytes) -> None:
    with (here / "file").open("wb") as file:
        file.seek(1 << 20)
        file.write(data)
        file.truncate(3 << 20)
    expected = bytes(1 << 20) + data + bytes((2 << 20) - len(data))
    with TemporaryFile() as output:
        packing = Packing(output.fileno(), sparse=True)
        packing.tree(b"file", b"file")
        packing.finish()
        assert output.tell() < 1 << 17
        output.seek(0)
        with tarfile.open(fileobj=output) as archive:
            (member,) = archive.getmembers()
            assert _content(archive, member) == expected
    assert packing.size == 3 << 20


@pytest.mark.parametrize("size", [100, 1 << 17])
def test_a_file_that_shrinks_while_it_is_packed_is_filled_up(here: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    (here / "file").write_bytes(b"x" * size)
    (here / "next").write_bytes(b"after")
    real = packing_module.header

    def told(name: bytes, *arguments: object, **options: object) -> bytes:
        if name == b"file":
            os.truncate("file", 10)
        return real(name, *arguments, **options)

    monkeypatch.setattr(packing_module, "header", told)
    found = [content for _, content in contents(lambda packing: packing.tree(b".", b""))]
    assert found == [b"x" * 10 + bytes(size - 10), b"after"]


@pytest.mark.parametrize("call", ["lstat", "open"])
def test_a_file_that_goes_meanwhile_is_left_out_and_its_other_names_are_not_links_to_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A link to a member that the archive has not got cannot be unpacked: `docker cp` and `docker export` would lose the other names."""
    (here / "a").write_bytes(b"kept")
    os.link("a", "b")
    os.link("a", "c")
    instead(monkeypatch, call, b"./a", lambda: os.unlink("a"), after=call == "lstat")
    found = packed(lambda packing: packing.tree(b".", b""))
    assert {name: (member.type, member.linkname) for name, member in found.items()} == {
        "b": (tarfile.REGTYPE, ""),
        "c": (tarfile.LNKTYPE, "b"),
    }


def test_a_file_that_was_replaced_gives_its_content_to_no_other_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "a").write_bytes(b"old")
    os.link("a", "b")

    def replace() -> None:
        os.unlink("a")
        (here / "a").write_bytes(b"newer")

    instead(monkeypatch, "lstat", b"./a", replace)
    found = contents(lambda packing: packing.tree(b".", b""))
    assert [(member.name, member.type, content) for member, content in found] == [
        ("a", tarfile.REGTYPE, b"newer"),
        ("b", tarfile.REGTYPE, b"old"),
    ]


def _file(directory: Path) -> None:
    directory.write_bytes(b"")


def _loop(directory: Path) -> None:
    directory.symlink_to(directory.name)


@pytest.mark.parametrize("put", [None, _file, _loop])
def test_a_directory_that_is_replaced_while_it_is_walked_is_empty(
    here: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path], None] | None
) -> None:
    (here / "dir").mkdir()
    (here / "dir/file").touch()
    (here / "next").touch()

    def replace() -> None:
        os.rename("dir", "../moved")
        if put:
            put(here / "dir")

    instead(monkeypatch, "listdir", b"./dir", replace)
    try:
        assert list(packed(lambda packing: packing.tree(b".", b""))) == ["dir", "next"]
    finally:
        (here / "../moved/file").unlink()
        (here / "../moved").rmdir()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda name: os.symlink("file", name)])
def test_nothing_is_opened_that_has_taken_a_files_place(
    here: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[str], None]
) -> None:
    (here / "a").write_bytes(b"x")
    (here / "b").write_bytes(b"x")

    def replace() -> None:
        os.unlink("a")
        make("a")

    instead(monkeypatch, "lstat", b"./a", replace)
    assert list(packed(lambda packing: packing.tree(b".", b""))) == ["b"]


def test_a_symlink_that_becomes_a_file_is_left_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.symlink("x", "link")

    def replace() -> None:
        os.unlink("link")
        (here / "link").touch()

    instead(monkeypatch, "lstat", b"./link", replace)
    assert packed(lambda packing: packing.tree(b".", b"")) == {}


def test_attributes_are_packed_and_those_that_go_meanwhile_are_not(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "file").touch()
    os.setxattr("file", "user.kept", b"1")
    os.setxattr("file", "user.gone", b"2")
    real = os.getxattr

    def getxattr(file: int, name: bytes, **options: bool) -> bytes:
        if name == b"user.gone":
            os.removexattr("file", "user.gone")
        return real(file, name, **options)

    monkeypatch.setattr(packing_module.os, "getxattr", getxattr)
    (member,) = packed(lambda packing: packing.tree(b".", b"")).values()
    assert {key: value for key, value in member.pax_headers.items() if key.startswith("SCHILY")} == {"SCHILY.xattr.user.kept": "1"}


@pytest.mark.privileged
def test_what_the_host_notes_on_files_is_not_packed(here: Path) -> None:
    (here / "file").touch()
    for name in ("trusted.overlay.opaque", "trusted.other", "user.note"):
        os.setxattr("file", name, b"y")
    capability = bytes.fromhex("0000000200040000000000000000000000000000")
    os.setxattr("file", "security.capability", capability)
    (member,) = packed(lambda packing: packing.tree(b".", b"")).values()
    assert sorted(key for key in member.pax_headers if key.startswith("SCHILY")) == [
        "SCHILY.xattr.security.capability",
        "SCHILY.xattr.trusted.other",
        "SCHILY.xattr.user.note",
    ]


def test_what_cannot_be_read_is_an_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not a shorter archive: a name that is too long stands for nothing that could have gone."""
    (here / "a").mkdir()
    with pytest.raises(OSError, match="File name too long"):
        packed(lambda packing: packing.tree(b"a/" + b"x" * 300, b"name"))
    assert stat.S_ISDIR((here / "a").stat().st_mode)
