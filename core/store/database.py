"""The engine's metadata: one SQLite database of typed records, written by this process alone.

A record is a msgspec-encodable value under a key in a named table. Writes reach the kernel before a call returns (so the daemon's death
loses nothing) and the disk at the next checkpoint (write-ahead log, synchronous=NORMAL). Room is kept for writes on a full disk.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from core.store.migrations import vocabulary
from core.store.room import Reserve, keep_behind
from sdk.errors import DataLoss, ResourceExhausted

T = TypeVar("T")

_SCRIPTS = resources.files("core.store.migrations")
_CONVERSIONS: Mapping[str, Callable[[sqlite3.Connection], None]] = {"0006_vocabulary": vocabulary.convert}
"""Steps of the schema that write records anew, by their names among the scripts of `core.store.migrations`."""

_LOG_LIMIT = 4608 << 10
"""Bytes that SQLite's write-ahead log may have before its content goes to the database (1,000 pages), and a little more."""
_LOG_START = 512 << 10

_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_READONLY})
"""A log or an index of it that cannot be made longer, or a disk that is read-only by now, is an error of its own."""


class Database:
    """The opened database. Not for use from several threads at once: it lives on the event loop.

    Raises sqlite3.DatabaseError if the file is no database or damaged, ResourceExhausted if the disk is full to the last block.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._reserve = Reserve(path.with_name("core.reserve"))
        try:
            self._connection = _opened(path)
        except sqlite3.OperationalError as error:
            if not _is_full(error):
                raise
            self._reserve.give_up()
            with _told(self._reserve):
                self._connection = _opened(path)
        self._depth = 0
        self._path = path
        self._useless: dict[str, set[str]] = {}
        self.keep_room()

    def table(self, name: str, record: type[T]) -> "Table[T]":
        """Return a table of records of one type; the name is one the migrations made."""
        return Table(self._connection, self._reserve, name, record, self._useless.setdefault(name, set()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several writes one: all or none are kept. Nested ones join the outermost."""
        self._depth += 1
        try:
            if self._depth == 1:
                _write(self._connection, self._reserve, "BEGIN IMMEDIATE")
            yield
        except BaseException:
            if self._depth == 1:
                self._roll_back()
            raise
        else:
            if self._depth == 1:
                self._commit()
        finally:
            self._depth -= 1

    def tidy(self) -> None:
        """Delete the records that were left to be deleted later, all at once.

        Raises ResourceExhausted, DataLoss; then they are left until the next time.
        """
        useless = [(name, key) for name, keys in self._useless.items() for key in keys]
        if not useless:
            return
        with self.transaction():
            for name, key in useless:
                _write(self._connection, self._reserve, f"DELETE FROM {name} WHERE key = ?", (key,))
        for name, key in useless:
            self._useless[name].discard(key)

    def keep_room(self) -> None:
        """Keep the room that writes on a full disk will need, the log's first. To be called now and then, for it is grown into."""
        keep_behind(self._path.with_name(f"{self._path.name}-shm"), 0)  # it is mapped: a hole in it would be a SIGBUS
        keep_behind(self._path.with_name(f"{self._path.name}-wal"), _LOG_START)
        self._reserve.keep()
        keep_behind(self._path, _LOG_LIMIT)

    @property
    def changes(self) -> int:
        """How many rows this process has written."""
        return self._connection.total_changes

    def close(self) -> None:
        self._connection.close()
        self._reserve.keep()

    def _commit(self) -> None:
        try:
            _write(self._connection, self._reserve, "COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # not if SQLite did it by itself, as it may when the disk is full
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


class Table(Generic[T]):
    """Records of one type by key. The keys of `useless` are those of records that are to be deleted when there is time: nothing finds them."""

    def __init__(self, connection: sqlite3.Connection, reserve: Reserve, name: str, record: type[T], useless: set[str]) -> None:
        self._connection = connection
        self._reserve = reserve
        self._useless = useless
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(record).decode
        self._get = f"SELECT record FROM {name} WHERE key = ?"
        self._put = f"INSERT INTO {name} (key, record) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET record = excluded.record"
        self._delete = f"DELETE FROM {name} WHERE key = ?"
        self._all = f"SELECT key, record FROM {name}"

    def get(self, key: str) -> T | None:
        """Return a record, or None."""
        row = None if key in self._useless else self._connection.execute(self._get, (key,)).fetchone()
        return None if row is None else self._decode(row[0])

    def put(self, key: str, record: T) -> None:
        """Insert or replace a record. Raises ResourceExhausted if the disk is full; then nothing is changed."""
        _write(self._connection, self._reserve, self._put, (key, self._encode(record)))
        self._useless.discard(key)

    def delete(self, key: str) -> None:
        """Delete a record; idempotent. Raises ResourceExhausted if the disk is full, for a deletion is logged first."""
        _write(self._connection, self._reserve, self._delete, (key,))
        self._useless.discard(key)

    def delete_later(self, key: str) -> None:
        """Delete a record; on disk it is at the next `Database.tidy`. For records that say nothing to a daemon which finds them again:
        a write of its own costs as much as a record that counts."""
        self._useless.add(key)

    def items(self) -> list[tuple[str, T]]:
        """Return all records with their keys."""
        rows = self._connection.execute(self._all)
        return [(key, self._decode(record)) for key, record in rows if key not in self._useless]

    def values(self) -> list[T]:
        """Return all records."""
        return [record for _, record in self.items()]


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write(connection: sqlite3.Connection, reserve: Reserve, statement: str, values: tuple[str | bytes, ...] = ()) -> None:
    """Write. Raises ResourceExhausted, DataLoss."""
    try:
        connection.execute(statement, values)
    except sqlite3.DatabaseError as error:
        with _told(reserve):
            if not _is_full(error) or connection.in_transaction:
                raise
            _write_on_full_disk(connection, reserve, statement, values)


def _write_on_full_disk(connection: sqlite3.Connection, reserve: Reserve, statement: str, values: tuple[str | bytes, ...]) -> None:
    """Use the log's room again, once the database has what is in it; then what was kept aside."""
    _empty_log(connection)
    try:
        connection.execute(statement, values)
    except sqlite3.DatabaseError as error:
        if not _is_full(error) or connection.in_transaction:
            raise
        reserve.give_up()
        _empty_log(connection)
        connection.execute(statement, values)


def _empty_log(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(RESTART)")


@contextmanager
def _told(reserve: Reserve) -> Iterator[None]:
    """Turn what SQLite says into the engine's words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _is_full(error):
            raise ResourceExhausted(f"write core.db: {reserve.refusal()}") from error
        raise DataLoss(f"core.db: {error}") from error


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) in _FULL


def untaken(connection: sqlite3.Connection) -> list[str]:
    """Return the steps of the schema that a database has not seen, in the order of their names. Raises sqlite3.DatabaseError."""
    seen = {name for (name,) in connection.execute("SELECT key FROM migrations")}
    scripts = {entry.name for entry in _SCRIPTS.iterdir() if entry.name.endswith(".sql")}
    return sorted((scripts | _CONVERSIONS.keys()) - seen)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date: take each step that this database has not seen, in the order of their names, each in one
    transaction with the note that it was taken. A step that comes later with a lower number is taken all the same."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (key TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID")
    for name in untaken(connection):
        note = f"INSERT INTO migrations (key, record) VALUES ('{name}', X'');"
        if name in _CONVERSIONS:
            connection.execute("BEGIN")
            _CONVERSIONS[name](connection)
            connection.execute(note)
            connection.execute("COMMIT")
        else:
            connection.executescript(f"BEGIN;\n{(_SCRIPTS / name).read_text()}\n{note}\nCOMMIT;")
