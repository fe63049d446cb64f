import os
from pathlib import Path

import pytest

from plugins.api_buildkit.filesync import modes
from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.filesync.tree import Tree
from plugins.api_buildkit.proto.fsutil_pb2 import Packet, Stat
from sdk.errors import DataLoss, InvalidArgument

END = Packet(type=Packet.PACKET_STAT)


def entry(path: str, mode: int = 0o644, **fields: object) -> Packet:
    return Packet(
        type=Packet.PACKET_STAT, stat=Stat(path=path, mode=mode, uid=os.getuid(), gid=os.getgid(), mod_time=10**18, **fields)
    )


def data(number: int, *pieces: bytes) -> list[Packet]:
    return [Packet(type=Packet.PACKET_DATA, id=number, data=piece) for piece in (*pieces, b"")]


def directory(path: str) -> Packet:
    return entry(path, modes.DIRECTORY | 0o755)


def bring(tree: Tree, *packets: Packet) -> list[int]:
    wanted = tree.take([*packets, END])
    for number in wanted:
        tree.take(data(number, b"x"))
    assert tree.complete
    tree.finish()
    return wanted


def test_files_get_content_mode_and_time(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    assert tree.take([directory("d"), entry("d/f", 0o751, size=4), END]) == [1]
    assert not tree.complete
    tree.take(data(1, b"ab", b"cd"))
    assert tree.complete
    tree.finish()
    found = (tmp_path / "d/f").stat()
    assert (tmp_path / "d/f").read_bytes() == b"abcd"
    assert (found.st_mode & 0o7777, found.st_mtime_ns) == (0o751, 10**18)
    assert (tmp_path / "d").stat().st_mtime_ns == 10**18


def test_links_of_both_kinds(tmp_path: Path) -> None:
    bring(Tree(tmp_path), entry("a"), entry("b", linkname="a"), entry("c", modes.SYMLINK | 0o777, linkname="nowhere"))
    assert (tmp_path / "a").stat().st_ino == (tmp_path / "b").stat().st_ino
    assert (tmp_path / "c").readlink() == Path("nowhere")


def test_only_what_changed_is_wanted_and_what_is_gone_goes(tmp_path: Path) -> None:
    first = Tree(tmp_path)
    bring(first, entry("a"), directory("d"), entry("d/x"), entry("same"))
    second = Tree(tmp_path, first.index)
    assert bring(second, entry("a", size=1), entry("d", 0o600), entry("same")) == [0, 1]
    assert sorted(os.listdir(tmp_path)) == ["a", "d", "same"]
    assert (tmp_path / "d").is_file()


def test_a_changed_file_is_a_new_one(tmp_path: Path) -> None:
    first = Tree(tmp_path)
    bring(first, entry("a"))
    os.link(tmp_path / "a", tmp_path.parent / "kept")
    bring(Tree(tmp_path, first.index), entry("a", size=1))
    assert (tmp_path / "a").stat().st_ino != (tmp_path.parent / "kept").stat().st_ino


@pytest.mark.parametrize("path", ["", "..", "../a", "/etc/passwd", "d/../../a", "missing/a", "link/a", "a\0b", "."])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    tree = Tree(tmp_path)
    tree.take([entry("link", modes.SYMLINK | 0o777, linkname="/")])
    with pytest.raises(InvalidArgument, match="invalid path"):
        tree.take([entry(path)])


def test_an_old_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    first = Tree(root)
    bring(first, entry("d", modes.SYMLINK | 0o777, linkname=str(outside)))
    bring(Tree(root, first.index), directory("d"), entry("d/f"))
    assert os.listdir(outside) == []
    assert (root / "d/f").is_file()


def test_nothing_is_removed_behind_a_new_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").touch()
    root = tmp_path / "root"
    root.mkdir()
    first = Tree(root)
    bring(first, directory("d"), entry("d/x"))
    bring(Tree(root, first.index), entry("d", modes.SYMLINK | 0o777, linkname=str(outside)))
    assert (outside / "x").exists()


def test_directories_that_are_gone_go_whole(tmp_path: Path) -> None:
    first = Tree(tmp_path)
    bring(first, directory("d"), directory("d/e"), entry("d/e/x"), directory("k"), entry("k/y"))
    bring(Tree(tmp_path, first.index), directory("k"))
    assert os.listdir(tmp_path) == ["k"]
    assert os.listdir(tmp_path / "k") == []


def test_a_link_to_what_was_not_sent_is_refused(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.take([entry("b", linkname="../a"), END])
    with pytest.raises(InvalidArgument, match="invalid link"):
        tree.finish()


def test_what_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="nobody asked for"):
        Tree(tmp_path).take(data(3, b"x"))


def test_what_the_client_cannot_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataLoss, match="error from sender: open a: permission denied"):
        Tree(tmp_path).take([Packet(type=Packet.PACKET_ERR, data=b"open a: permission denied")])


@pytest.mark.anyio
async def test_a_context_that_was_not_saved_starts_anew(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path, 4)
    async with contexts.kept("key") as kept:
        assert kept is not None
        bring(kept.tree, entry("a"))
        kept.save()
        async with contexts.kept("key") as second:
            assert second is None
    async with contexts.kept("key") as kept:
        assert kept is not None
        assert kept.tree.take([entry("a"), END]) == []
    async with contexts.kept("key") as kept:
        assert kept is not None
        assert os.listdir(kept.directory) == []


@pytest.mark.anyio
async def test_the_contexts_used_longest_ago_are_forgotten(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path, 2)
    for key in ("a", "b", "c"):
        async with contexts.kept(key) as kept:
            assert kept is not None
    assert len(os.listdir(tmp_path)) == 2
