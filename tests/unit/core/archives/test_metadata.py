"""Owners, modes, attributes and times that a directory gets at last."""

import errno
import os
import stat
from pathlib import Path

import pytest

from core.archives.metadata import finish_directory, set_time, set_xattrs

OWN = (os.getuid(), os.getgid())


def test_a_directory_gets_all_that_its_member_says(tmp_path: Path) -> None:
    finish_directory(bytes(tmp_path), *OWN, 0o2750, 1_234_567_890_123_456_789, {b"user.note": b"1"})
    status = tmp_path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o2750, 1_234_567_890_123_456_789)
    assert os.getxattr(tmp_path, "user.note") == b"1"


@pytest.mark.parametrize("name", ["file", "link", "missing", "file/below"])
def test_what_has_taken_its_place_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "file").touch(mode=0o600)
    (tmp_path / "link").symlink_to("target")
    finish_directory(bytes(tmp_path / name), *OWN, 0o777, 0, {b"user.note": b"1"})
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert os.listxattr(tmp_path / "target") == []


def test_a_symlink_has_a_time_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    set_time(bytes(tmp_path / "link"), 5)
    assert (tmp_path / "link").lstat().st_mtime_ns == 5
    assert (tmp_path / "file").stat().st_mtime_ns > 5


def test_what_overlayfs_notes_is_never_set(tmp_path: Path) -> None:
    set_xattrs(bytes(tmp_path), {b"trusted.overlay.opaque": b"y", b"trusted.overlay.redirect": b"/etc", b"user.note": b"1"})
    assert os.listxattr(tmp_path) == ["user.note"]


def test_an_attribute_that_the_file_system_does_not_have_is_left_out_unless_it_is_a_capability(tmp_path: Path) -> None:
    """A file without its capability would be a program that does not work: it is an error."""
    (tmp_path / "link").symlink_to("missing")  # a symlink may have no attributes of users: EPERM
    set_xattrs(bytes(tmp_path / "link"), {b"user.note": b"1", b"nothing.note": b"1"})
    with pytest.raises(OSError, match="Invalid argument") as error:
        set_xattrs(bytes(tmp_path), {b"security.capability": b"garbage"})
    assert error.value.errno == errno.EINVAL


def test_a_file_is_known_by_its_descriptor_too(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        set_xattrs(descriptor, {b"user.note": b""})
    finally:
        os.close(descriptor)
    assert os.getxattr(tmp_path / "file", "user.note") == b""
