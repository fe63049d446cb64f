"""The link by which tools start the daemon as `dockerd`: made, replaced, and never put over what is not ours."""

import os
from pathlib import Path

import pytest

from core.cli.dockerd import install_link
from core.config import StartupError


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/core").touch()
    return tmp_path / "bin/core"


def test_it_leads_to_the_program_and_may_be_made_again(tmp_path: Path, program: Path) -> None:
    assert install_link(tmp_path, program) == tmp_path / "dockerd"
    assert os.readlink(install_link(tmp_path, program)) == str(program)


def test_a_link_of_ours_to_another_place_is_replaced_even_one_that_leads_nowhere(tmp_path: Path, program: Path) -> None:
    (tmp_path / "dockerd").symlink_to("/nowhere/core")
    assert install_link(tmp_path, program).readlink() == program


@pytest.mark.parametrize("other", ["file", "directory", "link", "broken link"])
def test_anything_else_of_that_name_stays(tmp_path: Path, program: Path, other: str) -> None:
    place = tmp_path / "dockerd"
    {
        "file": place.touch,
        "directory": place.mkdir,
        "link": lambda: place.symlink_to(program.parent),
        "broken link": lambda: place.symlink_to("/nowhere/dockerd"),
    }[other]()
    before = _identity(place)
    with pytest.raises(StartupError) as caught:
        install_link(tmp_path, program)
    assert str(caught.value) == f"{place} exists and is not a link to core: nothing was changed"
    assert _identity(place) == before


def _identity(place: Path) -> tuple[int, int, int, int]:
    """Return what tells that a name stands for the same thing, unchanged: all but when it was last read."""
    status = os.lstat(place)
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


def test_a_directory_that_is_missing_is_said(tmp_path: Path, program: Path) -> None:
    with pytest.raises(StartupError, match="cannot be made: No such file or directory"):
        install_link(tmp_path / "none", program)
