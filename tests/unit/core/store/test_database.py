"""The metadata store: records by key, transactions that nest, a schema that grows."""

import sqlite3
from importlib import resources
from pathlib import Path

import pytest
from msgspec import Struct

from core.store.database import _CONVERSIONS, Database
from sdk.errors import ResourceExhausted


class Record(Struct, frozen=True):
    name: str
    number: int = 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "core.db"


def scripts() -> list[str]:
    return sorted(entry.name for entry in resources.files("core.store.migrations").iterdir() if entry.name.endswith(".sql"))


def test_records_are_there_for_the_next_process(path: Path):
    table = Database(path).table("containers", Record)
    table.put("a", Record("one"))
    table.put("a", Record("two", 2))
    table.put("b", Record("gone"))
    table.delete("b")
    table.delete("b")
    # no close: what was put is in the kernel's hands already
    again = Database(path).table("containers", Record)
    assert again.items() == [("a", Record("two", 2))]
    assert again.get("b") is None


def test_a_record_deleted_later_is_gone_for_this_process_and_for_the_next_one_once_it_was_tidied(path: Path):
    database = Database(path)
    table = database.table("containers", Record)
    for key in ("a", "b"):
        table.put(key, Record(key))
    table.delete_later("a")
    table.delete_later("b")
    assert table.get("a") is None
    assert database.table("containers", Record).items() == []
    table.put("b", Record("again"))
    assert sorted(key for key, _ in Database(path).table("containers", Record).items()) == ["a", "b"]
    database.tidy()
    assert Database(path).table("containers", Record).items() == table.items() == [("b", Record("again"))]


def test_records_that_cannot_be_deleted_are_left_until_the_next_time(path: Path):
    database = Database(path)
    table = database.table("containers", Record)
    table.put("a", Record("a"))
    table.delete_later("a")
    database._connection.execute("PRAGMA query_only=1")
    with pytest.raises(ResourceExhausted):
        database.tidy()
    assert table.items() == []
    database._connection.execute("PRAGMA query_only=0")
    database.tidy()
    assert Database(path).table("containers", Record).items() == []


def test_a_failed_transaction_leaves_nothing_and_nested_ones_join(path: Path):
    database = Database(path)
    table = database.table("containers", Record)

    def fail() -> None:
        with database.transaction():
            table.put("a", Record("outer"))
            with database.transaction():
                table.put("b", Record("inner"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert table.values() == []


def test_every_migration_is_run_once(path: Path):
    Database(path).close()
    Database(path).close()
    names = [name for (name,) in sqlite3.connect(path).execute("SELECT key FROM migrations ORDER BY key")]
    assert names == sorted([*scripts(), *_CONVERSIONS])


def test_a_migration_that_comes_later_is_run_whatever_its_number(path: Path):
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM migrations WHERE key = ?", (scripts()[0],))
    for table in ("containers", "images", "refs", "layers", "blobs", "networks", "volumes", "engine"):
        connection.execute(f"DROP TABLE {table}")
    connection.commit()
    connection.close()
    Database(path).table("containers", Record).put("a", Record("one"))


def test_a_full_disk_is_said_in_dockers_words_and_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "core.db")
    table = database.table("engine", str)
    table.put("before", "kept")
    pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
    database._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(ResourceExhausted, match=r"write core\.db: no space left on device"):
        table.put("large", "x" * 100_000)

    def write_both() -> None:
        with database.transaction():
            table.put("small", "undone")
            table.put("large", "x" * 100_000)

    with pytest.raises(ResourceExhausted):
        write_both()
    assert dict(table.items()) == {"before": "kept"}
    database._connection.execute(f"PRAGMA max_page_count={pages + 1000}")
    write_both()
    assert table.get("large") == "x" * 100_000
    database.close()
