"""Archives unpacked below the current directory: kinds, whiteouts, what is in the way, and what is refused."""

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.archives.tarstream import TarError, TarStream
from core.archives.untar import Policy, Refused, Unpacking, confined

OWN = (os.getuid(), os.getgid())
PLAIN, LAYER = Policy(owner=OWN), Policy(layer=True, owner=OWN)
KEEPING = Policy(owner=OWN, keep_kinds=True, shown_directory="/data")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory to unpack into; the process' umask, which unpacking clears, is restored."""
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path / "root")
    before = os.umask(0o022)
    yield tmp_path / "root"
    os.umask(before)


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def directory(name: str, mode: int = 0o755, **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=mode, **fields)


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def hardlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def unpack(*members: tuple[tarfile.TarInfo, bytes], policy: Policy = PLAIN) -> Unpacking:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    output.seek(0)
    unpacking = Unpacking(TarStream(output), policy)
    unpacking.run()
    return unpacking


def tree() -> dict[str, str]:
    """Return every path with what it is."""
    found = {}
    for place, directories, files in os.walk("."):
        for name in (*directories, *files):
            path = os.path.join(place, name)
            found[path[2:]] = _described(path)
    return found


def _described(path: str) -> str:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(path)}"
    if stat.S_ISDIR(status.st_mode):
        return "opaque" if "trusted.overlay.opaque" in os.listxattr(path) else "directory"
    if stat.S_ISREG(status.st_mode):
        return Path(path).read_text()
    return "whiteout" if stat.S_ISCHR(status.st_mode) and not status.st_rdev else "special"


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        (b"a", b"a"),
        (b"a/b", b"a/b"),
        (b"a.b/c..d", b"a.b/c..d"),
        (b"", b""),
        (b".", b""),
        (b"./", b""),
        (b"/", b""),
        (b"..", b""),
        (b"../../etc/passwd", b"etc/passwd"),
        (b"a/../../b", b"b"),
        (b"a/./b//c/", b"a/b/c"),
        (b"/a", b"a"),
        (b"a/..", b""),
        (b"...", b"..."),
        (b".hidden", b".hidden"),
    ],
)
def test_no_name_leads_out(name: bytes, inside: bytes) -> None:
    assert confined(name) == inside


def test_files_directories_and_links_with_their_modes_and_times() -> None:
    made = unpack(
        directory("d", 0o1777, mtime=5),
        member("d/file", b"content", mode=0o4755, mtime=7),
        symlink("d/link", "file"),
        hardlink("d/hard", "d/file"),
        member("d/pipe", type=tarfile.FIFOTYPE, mode=0o600),
    )
    assert tree() == {"d": "directory", "d/file": "content", "d/hard": "content", "d/link": "-> file", "d/pipe": "special"}
    assert made.size == 7
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o1777
    assert os.stat("d").st_mtime == 5, "set when all that is in it has been written"
    assert (stat.S_IMODE(os.stat("d/file").st_mode), os.stat("d/file").st_mtime) == (0o4755, 7)
    assert os.stat("d/file").st_ino == os.stat("d/hard").st_ino


def test_parents_that_no_member_names_are_made() -> None:
    unpack(member("a/b/file", b"x"))
    assert tree() == {"a": "directory", "a/b": "directory", "a/b/file": "x"}
    assert stat.S_IMODE(os.stat("a/b").st_mode) == 0o755


def test_a_directory_without_permission_to_write_is_filled_all_the_same() -> None:
    unpack(directory("d", 0o555), member("d/file", b"x"))
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o555
    assert tree() == {"d": "directory", "d/file": "x"}


@pytest.mark.parametrize(
    ("policy", "mode"),
    [(PLAIN, 0o755), (Policy(owner=OWN, root_entry=True), 0o700), (LAYER, 0o700)],
    ids=("plain", "root", "layer"),
)
def test_the_archives_own_root_says_something_only_where_it_is_that_directory(here: Path, policy: Policy, mode: int) -> None:
    here.chmod(0o755)
    unpack(directory("./", 0o700), policy=policy)
    assert stat.S_IMODE(here.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (member("x", b"old"), member("x", b"new"), {"x": "new"}),
        (member("x", b"old"), directory("x"), {"x": "directory"}),
        (directory("x/deep"), member("x", b"new"), {"x": "new"}),
        (directory("x/deep"), directory("x"), {"x": "directory", "x/deep": "directory"}),
        (symlink("x", "/"), member("x", b"new"), {"x": "new"}),
        (symlink("x", "/"), directory("x"), {"x": "directory"}),
        (directory("x/deep"), symlink("x", "y"), {"x": "-> y"}),
    ],
)
def test_what_comes_later_replaces_what_is_there(
    first: tuple[tarfile.TarInfo, bytes], second: tuple[tarfile.TarInfo, bytes], expected: dict[str, str]
) -> None:
    unpack(first, second)
    assert tree() == expected


def test_a_directory_that_a_file_has_replaced_gets_no_mode() -> None:
    unpack(directory("x", 0o700), member("x", b"new", mode=0o644))
    assert stat.S_IMODE(os.stat("x").st_mode) == 0o644


def test_a_link_to_itself_changes_nothing() -> None:
    unpack(member("x", b"kept"), hardlink("./x", "x"))
    assert tree() == {"x": "kept"}


@pytest.mark.parametrize(
    ("there", "comes", "message"),
    [
        (directory("x"), member("x", b"new"), 'cannot overwrite directory "/data/x" with non-directory "/data"'),
        (directory("x"), symlink("x", "y"), 'cannot overwrite directory "/data/x" with non-directory "/data"'),
        (member("x", b"old"), directory("x"), 'cannot overwrite non-directory "/data/x" with directory "/data"'),
        (symlink("x", "y"), directory("x"), 'cannot overwrite non-directory "/data/x" with directory "/data"'),
    ],
)
def test_kinds_are_kept_where_that_is_asked(
    there: tuple[tarfile.TarInfo, bytes], comes: tuple[tarfile.TarInfo, bytes], message: str
) -> None:
    unpack(there)
    before = tree()
    with pytest.raises(Refused) as refused:
        unpack(comes, policy=KEEPING)
    assert str(refused.value) == message
    assert tree() == before


def test_kinds_that_are_equal_are_replaced() -> None:
    unpack(member("x", b"old"), directory("d"))
    unpack(member("x", b"new"), directory("d", 0o700), policy=KEEPING)
    assert tree() == {"x": "new", "d": "directory"}
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o700


def test_whiteouts_are_plain_files_but_in_layers() -> None:
    unpack(member(".wh.x"), member("d/.wh..wh..opq"))
    assert tree() == {".wh.x": "", "d": "directory", "d/.wh..wh..opq": ""}


@pytest.mark.privileged
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ((member(".wh.gone"),), {"gone": "whiteout"}),
        ((member("d/.wh.gone"),), {"d": "directory", "d/gone": "whiteout"}),
        ((member("d/.wh..wh..opq"),), {"d": "opaque"}),
        ((directory("d"), member("d/.wh..wh..opq"), member("d/f", b"x")), {"d": "opaque", "d/f": "x"}),
        ((member(".wh.d"), directory("d")), {"d": "opaque"}),
        ((directory("d"), member(".wh.d")), {"d": "opaque"}),
        ((member("f", b"x"), member(".wh.f")), {"f": "x"}),
        ((member(".wh.f"), member("f", b"x")), {"f": "x"}),
        ((member(".wh.d"), member("d/f", b"x")), {"d": "directory", "d/f": "x"}),
        ((member(".wh.d"), member("d/.wh.gone")), {"d": "directory", "d/gone": "whiteout"}),
        ((member(".wh.d"), member("d/.wh..wh..opq")), {"d": "opaque"}),
        ((member(".wh..wh.plnk"), member(".wh..wh.aufs", b"123")), {}),
        ((member(".wh."), member(".wh.."), member(".wh...")), {}),
        ((member(".wh.gone", b"content that is passed over"), member("f", b"x")), {"gone": "whiteout", "f": "x"}),
    ],
)
def test_whiteouts_of_layers(members: tuple[tuple[tarfile.TarInfo, bytes], ...], expected: dict[str, str]) -> None:
    unpack(*members, policy=LAYER)
    assert tree() == expected


@pytest.mark.privileged
def test_an_opaque_root_is_the_layers_own(here: Path) -> None:
    unpack(member(".wh..wh..opq"), policy=LAYER)
    assert os.getxattr(here, "trusted.overlay.opaque") == b"y"


@pytest.mark.privileged
def test_owners_are_the_archives_or_the_policys_and_keep_the_mode() -> None:
    members = (
        directory("d", uid=5, gid=6), member("d/f", b"x", uid=7, gid=8, mode=0o6755), symlink("l", "d/f"),
        member("n", type=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666, uid=9),
    )  # fmt: skip
    unpack(*members, policy=Policy())
    owners = {name: (os.lstat(name).st_uid, os.lstat(name).st_gid) for name in ("d", "d/f", "l", "n")}
    assert owners == {"d": (5, 6), "d/f": (7, 8), "l": (0, 0), "n": (9, 0)}
    assert stat.S_IMODE(os.stat("d/f").st_mode) == 0o6755, "a change of owner clears set-user-ID"
    assert (os.stat("n").st_rdev, stat.S_IMODE(os.stat("n").st_mode)) == (os.makedev(1, 3), 0o666)
    unpack(*members, policy=Policy(owner=(20, 30)))
    assert {os.lstat(name).st_uid for name in owners} == {20}


def test_what_no_reader_knows_is_passed_over() -> None:
    unpack(member("odd", b"content", type=b"V"), member("f", b"x"))
    assert tree() == {"f": "x"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ((hardlink("x", "missing"),), "[Errno 2] No such file or directory: '/data/missing' -> '/data/x'"),
        ((hardlink("x", "../../missing"),), "[Errno 2] No such file or directory: '/data/missing' -> '/data/x'"),
        ((member("x/" + "n" * 300, b""),), f"[Errno 36] File name too long: '/data/x/{'n' * 254}'"),
        ((member("n/" * 2048 + "x", b""),), f"[Errno 36] File name too long: '/data/{'n/' * 128}'"),
        ((symlink("x", "t" * 4096),), "[Errno 36] File name too long: '/data/x'"),
        ((member("f", b"x"), symlink("f/x", "t")), "[Errno 17] File exists: '/data/f/x'"),
        ((symlink("loop", "loop"), member("loop/x", b"")), "[Errno 40] Too many levels of symbolic links: '/data/loop/x'"),
    ],
)
def test_what_cannot_be_names_the_member(members: tuple[tuple[tarfile.TarInfo, bytes], ...], message: str) -> None:
    with pytest.raises(OSError, match=f"^{re.escape(message)}$"):
        unpack(*members, policy=Policy(owner=OWN, shown_directory="/data"))


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.REGTYPE])
def test_a_capability_that_is_none_names_the_member_as_text(kind: bytes) -> None:
    """A directory gets its attributes last, when its member has long been read."""
    info, content = member("d/x", type=kind)
    info.pax_headers = {"SCHILY.xattr.security.capability": "garbage"}
    with pytest.raises(OSError, match=r": '/data/d/x'$"):
        unpack((info, content), policy=Policy(owner=OWN, shown_directory="/data"))


def test_an_attribute_that_the_host_keeps_to_itself_is_left_out() -> None:
    info, content = member("x", b"1")
    info.pax_headers = {"SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.note": "kept"}
    unpack((info, content))
    assert os.listxattr("x") == ["user.note"]


def test_an_archive_that_is_cut_off_says_so() -> None:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        archive.addfile(member("x", b"c" * 2000)[0], io.BytesIO(b"c" * 2000))
    with pytest.raises(TarError, match="unexpected EOF"):
        Unpacking(TarStream(io.BytesIO(output.getvalue()[:1500])), PLAIN).run()


def test_nothing_is_written_through_a_symlink_at_the_end_of_a_name(here: Path) -> None:
    (here.parent / "outside").write_text("kept")
    unpack(symlink("x", "../outside"), member("x", b"new"))
    assert (here.parent / "outside").read_text() == "kept"
    assert tree() == {"x": "new"}
