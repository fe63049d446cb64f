"""What a container changed, from its layers alone."""

import os
import stat
from pathlib import Path

import pytest

from plugins.storage_overlay.changes import upper_changes
from sdk.drivers.storage import ChangeKind

pytestmark = pytest.mark.privileged
"""Whiteouts are device nodes."""

OPAQUE = "trusted.overlay.opaque"


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path]:
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    (lower / "d/deep").mkdir(parents=True)
    for name in ("d/a", "d/b", "d/deep/c", "f"):
        (lower / name).write_text("old")
    upper.mkdir()
    return upper, lower


def changes(*stack: Path) -> list[str]:
    letters = {ChangeKind.ADDED: "A", ChangeKind.MODIFIED: "C", ChangeKind.DELETED: "D"}
    return [f"{letters[change.kind]} {change.path}" for change in upper_changes(stack)]


def copied_up(layers: tuple[Path, Path], name: str) -> Path:
    """Make a directory in the upper layer that is as the one below."""
    upper, lower = layers
    directory = upper / name
    directory.mkdir()
    status = (lower / name).stat()
    directory.chmod(stat.S_IMODE(status.st_mode))
    os.utime(directory, ns=(status.st_atime_ns, status.st_mtime_ns))
    return directory


def whiteout(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))


def test_nothing(layers: tuple[Path, Path]) -> None:
    assert changes(*layers) == []
    copied_up(layers, "d")
    assert changes(*layers) == []


def test_files_come_change_and_go(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    (upper / "new").touch()
    (upper / "f").write_text("new")
    copied_up(layers, "d")
    whiteout(upper / "d/a")
    (upper / "d/link").symlink_to("/etc")
    assert changes(*layers) == ["C /d", "D /d/a", "A /d/link", "C /f", "A /new"]


def test_a_whiteout_of_nothing_is_no_change(layers: tuple[Path, Path]) -> None:
    whiteout(layers[0] / "none")
    assert changes(*layers) == []


def test_a_new_directory_is_new_with_all_in_it(layers: tuple[Path, Path]) -> None:
    (layers[0] / "n/m").mkdir(parents=True)
    (layers[0] / "n/m/f").touch()
    assert changes(*layers) == ["A /n", "A /n/m", "A /n/m/f"]


def test_an_opaque_directory_hides_all_that_was_in_it(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    (upper / "d").mkdir()
    os.setxattr(upper / "d", OPAQUE, b"y")
    (upper / "d/a").write_text("new")
    assert changes(*layers) == ["C /d", "C /d/a", "D /d/b", "D /d/deep"]


def test_a_directory_in_place_of_a_file_and_a_file_in_place_of_a_directory(layers: tuple[Path, Path]) -> None:
    upper, _ = layers
    (upper / "f").mkdir()
    (upper / "f/x").touch()
    (upper / "d").write_text("a file")
    assert changes(*layers) == ["C /d", "C /f", "A /f/x"]


def test_other_permissions_are_a_change(layers: tuple[Path, Path]) -> None:
    copied_up(layers, "d").chmod(0o700)
    assert changes(*layers) == ["C /d"]


def test_layers_between_count(tmp_path: Path, layers: tuple[Path, Path]) -> None:
    upper, lower = layers
    middle = tmp_path / "middle"
    middle.mkdir()
    whiteout(middle / "f")
    (middle / "m").touch()
    (upper / "f").touch()
    whiteout(upper / "m")
    assert changes(upper, middle, lower) == ["A /f", "D /m"]


def test_without_a_layer_below_everything_is_new(layers: tuple[Path, Path]) -> None:
    assert changes(layers[1]) == ["A /d", "A /d/a", "A /d/b", "A /d/deep", "A /d/deep/c", "A /f"]
