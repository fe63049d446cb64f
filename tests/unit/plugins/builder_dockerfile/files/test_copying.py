"""Where copied files go when symlinks are in the way."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugins.builder_dockerfile.files.copying import Copier
from sdk.errors import BuildFailed

Copy = Callable[[str], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    (directory / "real/deep").mkdir(parents=True)
    (directory / "file").write_text("old")
    for name, target in {
        "dangling": "/made/by/the/copy",
        "breakin": "/../../../../breakout/path",
        "relative": "real/deep/../not/yet",
        "chain": "dangling/below",
        "absolute": "/real",
        "loop": "loop",
        "through": "file/below",
    }.items():
        (directory / name).symlink_to(target)
    return directory


@pytest.fixture
def copy(root: Path) -> Iterator[Copy]:
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    copier = Copier(descriptor)

    def copy(path: str) -> None:
        copier.content(path, b"new")

    yield copy
    copier.close()
    os.close(descriptor)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/dangling/f", "made/by/the/copy/f"),
        ("/dangling/more/f", "made/by/the/copy/more/f"),
        ("/breakin/f", "breakout/path/f"),
        ("/relative/f", "real/not/yet/f"),
        ("/chain/f", "made/by/the/copy/below/f"),
        ("/absolute/f", "real/f"),
        ("/absolute/new/f", "real/new/f"),
    ],
)
def test_symlinks_on_the_way_are_followed_inside_the_root(root: Path, tmp_path: Path, copy: Copy, target: str, place: str) -> None:
    copy(target)
    assert (root / place).read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"root"}


@pytest.mark.parametrize("target", ["/through/f", "/file/f"])
def test_a_file_is_no_directory(copy: Copy, target: str) -> None:
    with pytest.raises(BuildFailed, match="cannot copy to non-directory"):
        copy(target)


def test_a_symlink_that_leads_to_itself_fails_in_plain_words(copy: Copy) -> None:
    with pytest.raises(BuildFailed, match="too many levels of symbolic links"):
        copy("/loop/f")
