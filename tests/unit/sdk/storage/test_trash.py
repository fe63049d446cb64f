"""What is thrown away is gone from its place at once and from the disk soon, however deep it is."""

import os
from pathlib import Path

from sdk.storage.trash import Trash
from tests.asking import eventually


def test_trees_are_deleted_whatever_is_in_them_and_however_deep_they_are(tmp_path: Path) -> None:
    trash = Trash(tmp_path / "trash")
    shallow, deep = tmp_path / "shallow", tmp_path / "deep"
    for name in ("fs/etc", "fs/a/b/c/d/e/f", "work/work"):
        (shallow / name).mkdir(parents=True)
        (shallow / name / "file").write_text("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("stays")
    (shallow / "fs/link").symlink_to(outside)
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(40):  # longer than any path may be
        os.mkdir("n" * 250, dir_fd=here)
        inner = os.open("n" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        for tree in (shallow, deep):
            trash.discard(tree)
            assert not tree.exists()
        eventually(lambda: not os.listdir(tmp_path / "trash"))
        assert (outside / "file").read_text() == "stays"
    finally:
        trash.close()
