"""Digests that are remembered are those of the content, whatever happened to it."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from plugins.builder_dockerfile.files.filedigests import FileDigests, file_digest


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, 3 << 20])
def test_files_of_any_size(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert file_digest(str(path), path.stat()) == sha256(b"x" * size)


def test_a_file_that_grew_since_it_was_looked_at_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    status = path.stat()
    path.write_bytes(b"longer")
    assert file_digest(str(path), status) == sha256(b"longer")


def test_what_took_the_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    status = path.stat()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileNotFoundError):
        file_digest(str(path), status)


def test_a_file_changed_in_place_with_its_time_set_back_is_read_again(tmp_path: Path) -> None:
    path, digests = tmp_path / "file", FileDigests(0)
    path.write_bytes(b"before")
    old = path.stat()
    assert digests.of(str(path), old) == sha256(b"before")
    time.sleep(0.02)  # more than a tick of the kernel's clock
    path.write_bytes(b"after!")
    os.utime(path, ns=(old.st_mtime_ns, old.st_mtime_ns))
    assert path.stat().st_mtime_ns == old.st_mtime_ns
    assert digests.of(str(path), path.stat()) == sha256(b"after!")


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    path, digests = tmp_path / "file", FileDigests(0)
    path.write_bytes(b"content")
    status = path.stat()
    first = digests.of(str(path), status)
    path.unlink()
    assert digests.of(str(path), status) == first == sha256(b"content")


def test_a_file_that_changed_a_moment_ago_is_not_remembered(tmp_path: Path) -> None:
    path, digests = tmp_path / "file", FileDigests(3600 * 10**9)
    path.write_bytes(b"content")
    status = path.stat()
    digests.of(str(path), status)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        digests.of(str(path), status)
