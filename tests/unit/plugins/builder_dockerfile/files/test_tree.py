"""Which files of a tree a name or a pattern stands for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.language.ignore import read_ignore

_FILES = ("package.json", "src/a.txt", "src/x/b.txt", "src/x/y/c.txt", "src/x/y/n.md", "lib/p/package.json", "lib/p/q/package.json")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    directory = tmp_path / "root"
    for name in _FILES:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    (tmp_path / "outside").touch()
    for name, target in {
        "link": "src",
        "lib/out": "../../outside",
        "lib/loop": "pool",
        "lib/pool": "loop",
        "lib/again": "../src/x",
        "lib/abs": "/src/a.txt",
        "lib/root": "..",
    }.items():
        (directory / name).symlink_to(target)
    root = os.open(directory, os.O_PATH)
    yield root
    os.close(root)


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("src/**/*.txt", ["src/a.txt", "src/x/b.txt", "src/x/y/c.txt"]),
        ("**/package.json", ["lib/p/package.json", "lib/p/q/package.json", "package.json"]),
        ("**/p/**/package.json", ["lib/p/package.json", "lib/p/q/package.json"]),
        ("lib/**/q", ["lib/p/q"]),
        ("src/**/y/**/n.md", ["src/x/y/n.md"]),
        ("src/**", ["src/a.txt", "src/x"]),
        ("link/**/*.md", ["link/x/y/n.md"]),
        ("src/*/*.txt", ["src/x/b.txt"]),
        ("**/none", []),
    ],
)
def test_two_stars_stand_for_directories_at_any_depth(root: int, pattern: str, paths: list[str]) -> None:
    assert Tree(root).matches(pattern, deep=True) == paths


def test_two_stars_do_not_follow_symlinks(root: int) -> None:
    assert Tree(root).matches("lib/**/b.txt", deep=True) == []


def test_without_parents_two_stars_are_one(root: int) -> None:
    assert Tree(root).matches("src/**/*.txt") == ["src/x/b.txt"]


def test_a_pattern_begins_in_a_directory(root: int) -> None:
    assert Tree(root).matches("**/*.txt", "src/x", deep=True) == ["src/x/b.txt", "src/x/y/c.txt"]
    assert Tree(root).matches("y", "src/x") == ["src/x/y"]
    assert Tree(root).matches(".", "src/x") == ["src/x"]


def test_ignored_files_match_nothing(root: int) -> None:
    assert Tree(root, read_ignore("src/x\n!src/x/y/c.txt\n")).matches("src/**/*.txt", deep=True) == ["src/a.txt", "src/x/y/c.txt"]


@pytest.mark.parametrize(
    ("link", "target"),
    [("link", "src"), ("lib/again", "src/x"), ("lib/abs", "src/a.txt"), ("lib/root", ""), ("lib/out", None), ("lib/loop", None)],
)
def test_symlinks_are_followed_inside_the_root(root: int, link: str, target: str | None) -> None:
    assert Tree(root).followed(link) == target


def test_what_is_ignored_is_nothing_that_a_symlink_points_at(root: int) -> None:
    assert Tree(root, read_ignore("src/a.txt")).followed("lib/abs") is None
