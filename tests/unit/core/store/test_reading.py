"""The database, read beside its writer and without one."""

import sqlite3
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.reading import read_only


def _storage(path: Path) -> list[tuple[str, bytes]]:
    with read_only(path) as database:
        return database.execute("SELECT key, record FROM engine").fetchall()


@pytest.mark.parametrize("directory", ["root", "a root? of 100%#1"])
def test_a_reader_sees_what_was_written_and_leaves_nothing_behind(tmp_path: Path, directory: str) -> None:
    path = tmp_path / directory / "core.db"
    database = Database(path)
    database.table("engine", str).put("storage", "overlay")
    assert _storage(path) == [("storage", b'"overlay"')], "the writer has it open"
    database.close()
    before = sorted(path.parent.iterdir())
    assert _storage(path) == [("storage", b'"overlay"')]
    assert sorted(path.parent.iterdir()) == before


def test_a_reader_does_not_write(tmp_path: Path) -> None:
    Database(tmp_path / "core.db").close()
    with read_only(tmp_path / "core.db") as database, pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("DELETE FROM engine")
