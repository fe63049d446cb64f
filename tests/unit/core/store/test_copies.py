"""The copy of the database: whole at every instant, put back in one step."""

import sqlite3
from pathlib import Path

import pytest

from core.store.copies import Copies, damage
from core.store.database import Database
from tests.killed import killed_at_every_call


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "core.db")
    made.table("engine", str).put("instance", "12345678")
    return made


def _copied(copies: Copies) -> dict[str, str]:
    with sqlite3.connect(copies.path) as connection:
        return {key: record.decode() for key, record in connection.execute("SELECT key, record FROM engine")}


def test_a_copy_is_made_beside_the_writer(tmp_path: Path, database: Database) -> None:
    copies = Copies(tmp_path)
    assert copies.made == ""
    assert copies.is_older_than(0)
    copies.make()
    assert _copied(copies) == {"instance": '"12345678"'}
    assert copies.made.endswith(" UTC")
    assert not copies.is_older_than(60)


def test_a_crash_leaves_the_old_copy_or_the_new_one(tmp_path: Path, database: Database) -> None:
    copies = Copies(tmp_path)
    copies.make()
    database.table("engine", str).put("instance", "87654321")
    seen = []
    for _ in killed_at_every_call(copies.make):
        seen.append(_copied(copies)["instance"])
        assert damage(copies.path) == ""
    assert seen[0] == '"12345678"'
    assert seen[-1] == '"87654321"'


def test_a_damaged_database_is_not_copied(tmp_path: Path, database: Database) -> None:
    copies = Copies(tmp_path)
    copies.make()
    database.close()
    copies.database.write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        copies.make()
    assert _copied(copies) == {"instance": '"12345678"'}
    assert [path.name for path in copies.path.parent.iterdir()] == ["records.db"]


def test_what_was_there_is_kept_when_the_copy_is_put_back(tmp_path: Path, database: Database) -> None:
    copies = Copies(tmp_path)
    copies.make()
    made = copies.made
    database.close()
    copies.database.write_bytes(b"no database")
    kept = copies.put_back()
    assert (kept / "core.db").read_bytes() == b"no database"
    table = Database(copies.database).table("engine", str)
    assert dict(table.items()) == {"instance": "12345678", "restored": made}


def test_damage_is_told(tmp_path: Path, database: Database) -> None:
    table = database.table("containers", str)
    for number in range(500):
        table.put(f"c{number}", "x" * 200)
    database.close()
    path = tmp_path / "core.db"
    assert damage(path) == ""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8192] = bytes(range(256)) * 32
    path.write_bytes(content)
    assert damage(path)
    path.write_bytes(b"x" + bytes(content[1:]))
    assert "not a database" in damage(path)


def test_a_data_root_may_have_any_name(tmp_path: Path) -> None:
    copies = Copies(tmp_path / "a root? of 100%#1")
    database = Database(copies.database)
    database.table("engine", str).put("instance", "12345678")
    copies.make()
    assert _copied(copies) == {"instance": '"12345678"'}
    database.close()
    before = sorted(copies.data_root.iterdir())
    assert damage(copies.database) == ""
    assert sorted(copies.data_root.iterdir()) == before
