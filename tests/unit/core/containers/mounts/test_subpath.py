"""Places within volumes, as descriptors, and none outside."""

import os
from pathlib import Path

import pytest

from core.containers.mounts.subpath import open_subpath, opened_path
from sdk.errors import InvalidArgument
from tests.descriptors import open_descriptors


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    (tmp_path / "volume/deep/dir").mkdir(parents=True)
    (tmp_path / "volume/file").touch()
    (tmp_path / "volume/inside").symlink_to("deep")
    (tmp_path / "volume/absolute").symlink_to("/etc")
    (tmp_path / "volume/up").symlink_to("../outside")
    (tmp_path / "volume/loop").symlink_to("loop")
    (tmp_path / "outside").mkdir()
    return tmp_path / "volume"


def is_same(found: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(found), path.stat())
    finally:
        os.close(found)


@pytest.mark.parametrize(
    ("subpath", "place"),
    [("", "."), ("deep", "deep"), ("deep/dir", "deep/dir"), ("deep/../file", "file"), ("./deep/.", "deep"), ("inside/dir", "deep/dir"), ("file", "file")],
)  # fmt: skip
def test_what_is_inside_is_opened(volume: Path, subpath: str, place: str) -> None:
    assert is_same(opened_path(str(volume), subpath), volume / place)


@pytest.mark.parametrize("subpath", ["..", "../outside", "deep/../../outside", "up", "absolute", "absolute/passwd"])
def test_nothing_outside_is(volume: Path, subpath: str) -> None:
    descriptors = len(open_descriptors())
    with pytest.raises(InvalidArgument) as refused:
        opened_path(str(volume), subpath)
    assert refused.value.message == (
        "error while mounting volume with subpath: path concatenation escapes the base directory, "
        f"base: {volume}, subpath: {subpath}"
    )
    assert len(open_descriptors()) == descriptors


@pytest.mark.parametrize(
    ("subpath", "reason"),
    [("missing", "no such file or directory"), ("file/x", "not a directory"), ("loop", "too many levels of symbolic links")],
)
def test_what_is_not_there_says_so(volume: Path, subpath: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        opened_path(str(volume), subpath)
    assert refused.value.message == f"error while mounting volume with subpath: cannot access path {volume}/{subpath}: {reason}"


@pytest.mark.parametrize("subpath", ["", "deep"])
def test_a_volume_whose_directory_is_gone_says_so(volume: Path, subpath: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        opened_path(f"{volume}/gone", subpath)
    assert refused.value.message == f"error while mounting volume: cannot access path {volume}/gone: no such file or directory"


def test_an_image_is_called_one(volume: Path) -> None:
    root = os.open(volume, os.O_PATH | os.O_CLOEXEC)
    try:
        with pytest.raises(InvalidArgument, match="error while mounting image with subpath: cannot access path busybox/none"):
            open_subpath(root, "none", "busybox", "image")
    finally:
        os.close(root)
