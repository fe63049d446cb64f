"""The copy of the database that a daemon keeps beside it: made now and then, put back when the database is lost or damaged."""

import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from core.store.reading import read_only

_WITH_IT = ("", "-wal", "-shm")
LOST = "lost"
"""The directory of a data root that keeps what a daemon could do nothing with."""


class Copies:
    """The copy in a data root: `copies/records.db`, one file that needs no log. All calls block."""

    def __init__(self, data_root: Path) -> None:
        self.data_root = data_root
        self.database = data_root / "core.db"
        self.path = data_root / "copies" / "records.db"

    @property
    def made(self) -> str:
        """When the copy was made, "" if there is none."""
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        except OSError:
            return ""

    def make(self) -> None:
        """Copy the database as it is now; a crash leaves the old copy or the new one. A damaged database is not copied.

        May be called beside the writer. Raises sqlite3.DatabaseError, OSError; the old copy stays then.
        """
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        aside = self.path.with_name(f".{self.path.name}.new")
        aside.unlink(missing_ok=True)
        try:
            with read_only(self.database) as source:
                source.execute("VACUUM INTO ?", (str(aside),))
            _sync(aside)
            os.rename(aside, self.path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        _sync(self.path.parent)

    def put_back(self) -> Path:
        """Put the copy in the database's place and return where that is kept now. Nothing may have it open. Raises OSError."""
        kept = self.put_aside([Path(f"{self.database}{end}") for end in _WITH_IT])
        aside = self.database.with_name(".core.db.new")
        shutil.copyfile(self.path, aside)
        os.chmod(aside, 0o600)
        with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
            copy.execute("INSERT OR REPLACE INTO engine (key, record) VALUES ('restored', ?)", (f'"{self.made}"'.encode(),))
        _sync(aside)
        os.rename(aside, self.database)
        _sync(self.data_root)
        return kept

    def put_aside(self, paths: list[Path]) -> Path:
        """Move what exists of some files and directories of the data root into a new directory of `lost`; return that."""
        place = self.data_root / LOST / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        place.mkdir(mode=0o700, parents=True)
        for path in paths:
            with suppress(FileNotFoundError):
                os.rename(path, place / path.name)
        return place

    def is_older_than(self, seconds: float) -> bool:
        """Tell whether the copy is missing or so old."""
        try:
            return time.time() - self.path.stat().st_mtime >= seconds
        except OSError:
            return True


def damage(database: Path) -> str:
    """Return what SQLite finds wrong with a database, "" if it is whole. Reads all of it; waits for no writer."""
    try:
        with read_only(database) as connection:
            ((found,),) = connection.execute("PRAGMA quick_check(1)")
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else str(found).splitlines()[-1]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
