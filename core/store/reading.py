"""The database of a data root, read without being its writer: also while a daemon runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing database for reading. Raises sqlite3.DatabaseError.

    Without a write-ahead log nothing writes to the file, and SQLite is told so: it would leave an empty log and its index behind, which
    a reader may not remove (sqlite.org, "URI filenames", `immutable`).
    """
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as database:
        yield database
