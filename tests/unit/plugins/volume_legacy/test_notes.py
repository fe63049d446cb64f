"""What is noted for plugins that forget."""

from pathlib import Path

import pytest

from plugins.volume_legacy.notes import Notes, Record


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "volumes", tmp_path / "users")


def test_a_volume_is_noted_and_forgotten(notes: Notes) -> None:
    assert notes.record("v") is None
    notes.keep("v", Record(5, {"a": "b"}))
    assert notes.record("v") == Record(5, {"a": "b"})
    notes.forget("v")
    notes.forget("v")
    assert notes.record("v") is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"created_ns": "x", "options": {}}', b'{"x": ' + b"[" * 20_000])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, notes: Notes, content: bytes) -> None:
    notes.keep("v", Record(5, {}))
    (tmp_path / "volumes/v").write_bytes(content)
    assert notes.record("v") is None


def test_a_user_is_noted_before_and_after_the_mount(tmp_path: Path, notes: Notes) -> None:
    assert notes.mounted("v", "u") is None
    notes.use("v", "u", mounted=False)
    assert notes.mounted("v", "u") is False
    notes.use("v", "u", mounted=True)
    notes.use("v", "w", mounted=True)
    assert (notes.mounted("v", "u"), notes.mounted("v", "x"), notes.mounted("w", "u")) == (True, None, None)
    notes.leave("v", "u")
    notes.leave("v", "u")
    assert (notes.mounted("v", "u"), notes.mounted("v", "w")) == (None, True)
    notes.leave("v", "w")
    assert not (tmp_path / "users/v").exists()
