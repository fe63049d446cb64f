"""Names below a directory as if it were the root: symlinks, loops, and what does not exist."""

import os
from pathlib import Path

import pytest

from sdk.linux.resolve import resolve_in_root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "root/dir/deep").mkdir(parents=True)
    for name, target in [
        ("absolute", "/dir"),
        ("relative", "dir/deep"),
        ("dir/up", "../absolute"),
        ("out", "../../.."),
        ("chain", "absolute"),
        ("loop", "loop"),
        ("dangling", "/none/x"),
        ("dir/deep/self", "."),
    ]:
        (tmp_path / "root" / name).symlink_to(target)
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("/", "/"),
        ("", "/"),
        ("dir", "/dir"),
        ("/dir//deep/", "/dir/deep"),
        ("/dir/../../dir", "/dir"),
        ("/absolute/deep", "/dir/deep"),
        ("/relative", "/dir/deep"),
        ("/relative/..", "/dir"),
        ("/dir/up/deep", "/dir/deep"),
        ("/chain", "/dir"),
        ("/out/dir", "/dir"),
        ("/dangling", "/none/x"),
        ("/dangling/../y", "/none/y"),
        ("/none/../dir", "/dir"),
        ("/none/deeper", "/none/deeper"),
        ("/relative/self/self", "/dir/deep"),
        ("/loop/x", "/loop/x"),
    ],
)
def test_a_name_stays_below_the_root(tree: Path, path: str, resolved: str) -> None:
    root = os.open(tree, os.O_PATH)
    try:
        assert resolve_in_root(root, path) == resolved
    finally:
        os.close(root)


def test_as_many_symlinks_are_followed_as_the_kernel_follows(tree: Path) -> None:
    (tree / "0").symlink_to("/dir")
    for number in range(1, 42):
        (tree / str(number)).symlink_to(str(number - 1))
    root = os.open(tree, os.O_PATH)
    try:
        assert resolve_in_root(root, "/39") == "/dir"
        assert resolve_in_root(root, "/40") == "/0"
    finally:
        os.close(root)
