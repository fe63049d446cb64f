"""Files of a container's root, read through layers that are not mounted."""

import os
import stat
from pathlib import Path

import pytest

from plugins.storage_overlay.lookup import read_file
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.privileged
"""Whiteouts are device nodes."""


@pytest.fixture
def stack(tmp_path: Path) -> list[Path]:
    """Return two layers, the upper one first."""
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    for layer in (upper, lower):
        (layer / "etc").mkdir(parents=True)
    (lower / "etc/passwd").write_text("lower")
    (lower / "etc/group").write_text("group")
    (lower / "etc/gone").write_text("gone")
    (upper / "etc/passwd").write_text("upper")
    os.mknod(upper / "etc/gone", stat.S_IFCHR, os.makedev(0, 0))
    (lower / "hidden").mkdir()
    (lower / "hidden/file").write_text("hidden")
    (upper / "hidden").mkdir()
    os.setxattr(upper / "hidden", "trusted.overlay.opaque", b"y")
    (lower / "covered").mkdir()
    (lower / "covered/file").write_text("covered")
    (upper / "covered").write_text("a file now")
    (upper / "links").mkdir()
    for name, target in {
        "absolute": "/etc/group",
        "relative": "../etc/group",
        "out": "../../../../../etc/group",
        "chain": "absolute",
        "loop": "loop",
        "dangling": "nowhere",
        "through": "/etc/group/below",
        "long": "a" * 300,
        "longer": "/etc/" + "a" * 255 + "/../passwd",
        "slash": "/etc/group/",
    }.items():
        (upper / "links" / name).symlink_to(target)
    (upper / "dirlink").symlink_to("/etc")
    os.mkfifo(upper / "pipe")
    return [upper, lower]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/etc/passwd", b"upper"),
        ("etc/./../etc//passwd", b"upper"),
        ("/etc/group", b"group"),
        ("/../../etc/group", b"group"),
        ("/etc/gone", None),
        ("/etc/none", None),
        ("/etc", None),
        ("/", None),
        ("", None),
        ("/hidden/file", None),
        ("/covered", b"a file now"),
        ("/covered/file", None),
        ("/links/absolute", b"group"),
        ("/links/relative", b"group"),
        ("/links/out", b"group"),
        ("/links/chain", b"group"),
        ("/links/loop", None),
        ("/links/dangling", None),
        ("/links/through", None),
        ("/links/long", None),
        ("/links/longer", None),
        ("/links/long/below", None),
        ("/dirlink/passwd", b"upper"),
        ("/dirlink/../etc/group", b"group"),
        ("/pipe", None),
        ("/" + "a" * 300, None),
    ],
)
def test_a_path_is_resolved_as_the_container_would(stack: list[Path], path: str, content: bytes | None) -> None:
    """A symlink to a name of more than 255 bytes kept every container of such an image from starting."""
    before = len(open_descriptors())
    assert read_file(stack, path, 100) == content
    assert len(open_descriptors()) == before


def test_no_more_is_read_than_asked_for(stack: list[Path]) -> None:
    assert read_file(stack, "/etc/passwd", 3) == b"upp"
