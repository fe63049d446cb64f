"""What is no regular file is never opened, and what was reached once is not looked up again."""

import errno
import os
import stat
from pathlib import Path

import pytest

from sdk.linux.openat import open_regular
from sdk.linux.regular import descriptor_links, open_same, pinned, read_regular, reopen_regular
from tests.descriptors import open_descriptors


@pytest.fixture
def root(tmp_path: Path):
    descriptor = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_a_regular_file_is_opened_for_reading_also_through_a_symlink_inside_the_root(root: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("/file")
    for name in ("file", "link"):
        with open(open_regular(root, name), "rb") as file:
            assert file.read() == b"content"


@pytest.mark.parametrize("kind", ["fifo", "socket", "directory", "symlink out"])
def test_nothing_else_is_opened(root: int, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "x"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "socket":
        os.mknod(place, stat.S_IFSOCK | 0o600)
    elif kind == "directory":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero")
    said = {"directory": "Is a directory", "symlink out": "No such file or directory"}.get(kind, "not a regular file")
    with pytest.raises(OSError, match=said) as caught:
        open_regular(root, "x")
    assert type(caught.value) is {"directory": IsADirectoryError, "symlink out": FileNotFoundError}.get(kind, OSError)


def test_a_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(OSError, match="it is larger than 4 bytes") as caught:
        read_regular(place, 4)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(place))


def test_nothing_but_a_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = open_descriptors()
    for place, kind in ((tmp_path / "fifo", OSError), (tmp_path, IsADirectoryError), (tmp_path / "none", FileNotFoundError)):
        with pytest.raises(kind):
            read_regular(place, 5)
    assert open_descriptors() == before


def test_another_file_under_the_same_name_is_not_opened(tmp_path: Path) -> None:
    place, other = tmp_path / "file", tmp_path / "other"
    place.write_bytes(b"one")
    other.write_bytes(b"two")
    seen = place.stat()
    with open(open_same(None, str(place), seen), "rb") as file:
        assert file.read() == b"one"
    other.replace(place)
    with pytest.raises(FileNotFoundError):
        open_same(None, str(place), seen)
    place.unlink()
    place.symlink_to("other")
    with pytest.raises(FileNotFoundError):
        open_same(None, str(place), seen)


def test_a_pinned_file_keeps_what_is_done_to_it_whatever_its_name_becomes(tmp_path: Path) -> None:
    directory = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    place, secret = tmp_path / "node", tmp_path / "secret"
    os.mkfifo(place)
    secret.write_bytes(b"")
    secret.chmod(0o600)
    with pinned(directory, "node") as node:
        place.rename(tmp_path / "moved")
        place.symlink_to("secret")
        os.chmod(node, 0o640)
    assert stat.S_IMODE((tmp_path / "moved").stat().st_mode) == 0o640
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="symbolic links"), pinned(directory, "node"):
        pass
    os.close(directory)


def test_a_process_that_changed_its_root_reopens_by_links_it_took_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    links, found = descriptor_links(), os.open(tmp_path / "file", os.O_PATH)
    with open(reopen_regular(found, "file", links), "rb") as file:
        assert file.read() == b"content"
    os.close(links)
    os.close(found)
