"""What trees take on disk."""

import os
from pathlib import Path

from sdk.storage.usage import allocated, files_allocated


def test_files_count_and_directories_do_not(tmp_path: Path) -> None:
    for name in ("one", "two/deep", "other"):
        (tmp_path / name).mkdir(parents=True)
    files = [tmp_path / "one/file", tmp_path / "two/deep/file"]
    for size, file in zip((10_000, 100_000), files, strict=True):
        file.write_bytes(os.urandom(size))
    (tmp_path / "other/file").write_bytes(os.urandom(10_000))
    assert files_allocated(tmp_path / "one", tmp_path / "two", tmp_path / "absent") == sum(allocated(file.stat()) for file in files)
    assert files_allocated() == 0


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/file").write_bytes(b"x" * 10_000)
    (tmp_path / "big").write_bytes(b"x" * (1 << 20))
    os.symlink(tmp_path / "big", tmp_path / "in/link")
    assert 10_000 <= files_allocated(tmp_path / "in") < 1 << 19
    assert files_allocated(tmp_path / "none") == 0
