"""`core reset`: which directory is a data root, and what the listing says."""

from pathlib import Path

import pytest

from core.cli.reset import _listing, _territory
from core.config import StartupError
from core.host.traces import Territory, Trace


@pytest.mark.parametrize("mark", ["core.db", "core.lock", "copies"])
def test_a_directory_with_one_of_the_marks_is_a_data_root(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir() if mark == "copies" else (tmp_path / mark).touch()
    (tmp_path / "other").touch()
    assert _territory(tmp_path, tmp_path / "exec").data_root == tmp_path


def test_a_directory_without_any_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with pytest.raises(StartupError, match=f"{tmp_path} is no data root of a daemon"):
        _territory(tmp_path, tmp_path / "exec")


@pytest.mark.parametrize("name", ["", "none"])
def test_an_empty_directory_and_one_that_is_missing_may_be_one(tmp_path: Path, name: str) -> None:
    assert _territory(tmp_path / name, tmp_path / "exec").instance


def test_a_data_root_with_a_damaged_database_is_known_by_its_place(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "core.db").write_bytes(b"no database" * 1000)
    one, again, other = (_territory(tmp_path / name, tmp_path).instance for name in ("one", "one", "other"))
    assert one == again
    assert one != other


def test_where_nothing_is_nothing_is_removed(tmp_path: Path) -> None:
    assert _listing(Territory(tmp_path / "none", tmp_path, "x"), []) == ["There is nothing to remove."]


def test_the_listing_names_what_goes_and_counts_it_by_kind(tmp_path: Path) -> None:
    made = [Trace("mount", "/b"), Trace("link", "veth0"), Trace("mount", "/a")]
    listing = _listing(Territory(tmp_path / "none", tmp_path, "x"), made)
    assert listing == [
        "REMOVES   WHAT",
        "mount     /b",
        "link      veth0",
        "mount     /a",
        "",
        f"In the kernel and in {tmp_path}: 1 link, 2 mount.",
    ]
    alone = _listing(Territory(tmp_path, tmp_path, "x"), [])
    assert alone[1] == f"data root   {tmp_path}, 0B"
    assert alone[-1] == f"In the kernel and in {tmp_path}: nothing."
