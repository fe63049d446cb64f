"""Notes of what is mounted for whom."""

from pathlib import Path

import pytest

from core.volumes.uses import Uses


@pytest.fixture
def uses(tmp_path: Path) -> Uses:
    return Uses(tmp_path / "deep/uses")


def others(uses: Uses, *users: str) -> list[tuple[str, str]]:
    return sorted(uses.of_others(users))


def test_notes_outlive_the_daemon_and_are_struck_out_once(uses: Uses, tmp_path: Path) -> None:
    for _ in range(2):
        uses.enter("data", "c1")
        uses.enter("data", "c2")
        uses.enter("other", "c1")
    again = Uses(tmp_path / "deep/uses")
    assert others(again) == [("data", "c1"), ("data", "c2"), ("other", "c1")]
    assert others(again, "c1") == [("data", "c2")]
    for _ in range(2):
        again.strike("data", "c1")
    assert others(uses) == [("data", "c2"), ("other", "c1")]
    assert others(uses, "c1", "c2") == []


@pytest.mark.parametrize("volume", ["a", "v" * 255, "with.dots-and_more", "ä"])
def test_any_name_of_a_volume_can_be_noted(uses: Uses, volume: str) -> None:
    uses.enter(volume, "c1")
    assert others(uses) == [(volume, "c1")]


def test_the_notes_are_the_daemons_alone(uses: Uses, tmp_path: Path) -> None:
    assert (tmp_path / "deep/uses").stat().st_mode & 0o777 == 0o700
