"""The mount table as the kernel prints it."""

import os
from pathlib import Path

import pytest

from sdk.linux import mountinfo as mounts
from sdk.linux.mountinfo import MountPoint, file_system_of, mount_table, parse

TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
40 22 0:30 / /run rw - tmpfs tmpfs rw
41 40 0:31 /sub /run/with\040space rw shared:2 master:1 - overlay overlay rw,upperdir=/data/x
"""


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "mount_table", lambda: list(parse(TABLE.encode())))


def test_a_line_is_taken_apart_with_its_escapes(table: None) -> None:
    assert mounts.mount_table()[2] == MountPoint(
        "/run/with space", "overlay", "overlay", "/sub", "rw,upperdir=/data/x", os.makedev(0, 31)
    )


@pytest.mark.parametrize("odd", ["\v", "\f", "\r", "\x1c", "\x85", "\u2028", "\u3000", "\udcff"])
def test_only_a_newline_ends_a_line_and_only_a_space_a_field(odd: str) -> None:
    """A user may mount at a path of any bytes; the kernel escapes space, tab, newline and backslash alone."""
    (mount,) = parse(os.fsencode(f"9 1 0:5 / /mnt/a{odd}b rw - fuse fuse rw\n"))
    assert mount == MountPoint(f"/mnt/a{odd}b", "fuse", "fuse", "/", "rw", os.makedev(0, 5))


def test_the_deepest_mount_holds_a_path(table: None, tmp_path: Path) -> None:
    assert file_system_of(Path("/run/anything")).type == "tmpfs"
    assert file_system_of(Path("/runner")).type == "ext4"


def test_this_process_has_a_root_mount() -> None:
    assert "/" in [mount.path for mount in mount_table()]
    assert mount_table(str(os.getpid())) == mount_table()
