"""Paths as clients of `docker cp` write them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.containers.mounts.paths import ContainerPath, locate, parse
from sdk.errors import InvalidArgument
from sdk.linux.resolve import resolve_in_root


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    inside = tmp_path / "root"
    (inside / "a/b").mkdir(parents=True)
    (inside / "a/file").touch()
    (tmp_path / "outside").touch()
    for name, target in {
        "link": "a/b",
        "up": "../../..",
        "loop": "loop",
        "abs": "/a/file",
        "chain": "up/abs",
        "gone": "x/y",
    }.items():
        (inside / name).symlink_to(target)
    root = os.open(inside, os.O_PATH)
    yield root
    os.close(root)


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("a", ContainerPath("/a", "a", follows=False)),
        ("/a/b/", ContainerPath("/a/b", "b", follows=True)),
        ("/a/.", ContainerPath("/a", ".", follows=True)),
        ("/a/../../b", ContainerPath("/b", "b", follows=False)),
        ("//a//b", ContainerPath("/a/b", "b", follows=False)),
        ("/", ContainerPath("/", "/", follows=True)),
        (".", ContainerPath("/", ".", follows=True)),
        ("./", ContainerPath("/", ".", follows=True)),
        ("/./", ContainerPath("/", ".", follows=True)),
        ("/a/./", ContainerPath("/a", ".", follows=True)),
        ("/a/..", ContainerPath("/", "/", follows=True)),
        ("/a/.b", ContainerPath("/a/.b", ".b", follows=False)),
        ("", ContainerPath("/", "/", follows=True)),
    ],
)
def test_what_a_path_means(path: str, meaning: ContainerPath):
    assert parse(path) == meaning


def test_symlinks_end_at_the_root(root: int):
    expected = {
        "/link": "/a/b", "/up": "/", "/up/a": "/a", "/abs": "/a/file", "/chain": "/a/file", "/gone": "/x/y", "/gone/z": "/x/y/z",
        "/link/../file": "/a/file", "/up/../outside": "/outside",
    }  # fmt: skip
    assert {path: resolve_in_root(root, path) for path in expected} == expected
    assert resolve_in_root(root, "/loop") == "/loop"


@pytest.mark.parametrize("path", ["/outside", "/up/outside", "/../outside", "/a/file/x", "/loop/", "/gone/"])
def test_nothing_outside_is_located(root: int, path: str):
    with pytest.raises(FileNotFoundError):
        locate(root, parse(path))


def test_a_null_byte_is_in_no_path() -> None:
    with pytest.raises(InvalidArgument, match="invalid argument"):
        parse("/tmp/a\0b")
