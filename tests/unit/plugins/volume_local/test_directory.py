"""Volumes on disk, and what a crash or a bad disk makes of them."""

import logging
import os
from pathlib import Path

import pytest

from plugins.volume_local.directory import delete_volume, make_volume, read_volume, read_volumes
from sdk.errors import DataLoss

LOG = logging.getLogger(__name__)


def test_a_volume_is_whole(tmp_path: Path) -> None:
    made = make_volume(tmp_path, "v", {"type": "tmpfs"})
    assert (made.name, made.mountpoint, dict(made.options)) == ("v", tmp_path / "v/_data", {"type": "tmpfs"})
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "v", tmp_path / "v/_data")] == [0o711, 0o755]
    assert read_volume(tmp_path, "v") == made
    assert read_volumes(tmp_path, LOG) == [made]


def test_what_a_crash_left_is_deleted(tmp_path: Path) -> None:
    make_volume(tmp_path, "v", {})
    for left in (".new-1", ".gone-1"):
        (tmp_path / left / "_data/deep").mkdir(parents=True)
    (tmp_path / "no-volume").mkdir()
    (tmp_path / "file").touch()
    assert [volume.name for volume in read_volumes(tmp_path, LOG)] == ["v"]
    assert sorted(os.listdir(tmp_path)) == ["file", "no-volume", "v"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"type": 5}', b'{"type": "\xff"}', b'{"type": ' + b"[" * 20_000])
def test_one_volume_that_cannot_be_read_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    """A power cut may leave an empty file; the daemon did not start any more."""
    good, bad = make_volume(tmp_path, "good", {"type": "tmpfs"}), make_volume(tmp_path, "bad", {"type": "tmpfs"})
    (bad.mountpoint / "kept").touch()
    (tmp_path / "bad/opts.json").write_bytes(content)
    assert read_volumes(tmp_path, LOG) == [good]
    assert "the options of volume bad cannot be read" in caplog.text
    with pytest.raises(DataLoss, match="volume bad is on disk, and its options cannot be read"):
        make_volume(tmp_path, "bad", {})
    assert (bad.mountpoint / "kept").exists()
    assert sorted(os.listdir(tmp_path)) == ["bad", "good"]


def test_a_volume_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        make_volume(tmp_path, "file", {"type": "tmpfs"})
    assert os.listdir(tmp_path) == ["file"]


def test_a_volume_is_deleted_once(tmp_path: Path) -> None:
    made = make_volume(tmp_path, "v", {})
    (made.mountpoint / "deep").mkdir()
    delete_volume(tmp_path, "v")
    delete_volume(tmp_path, "v")
    assert os.listdir(tmp_path) == []
    make_volume(tmp_path, "v", {})
