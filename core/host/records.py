"""What the database says of a data root, read without being its writer: also while a daemon runs."""

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.host.instance import derived_instance
from core.store.reading import read_only

_ID = re.compile(rb"[0-9a-f]{64}")
_ALIVE = frozenset({"running", "paused", "restarting"})


class _State(msgspec.Struct):
    state: str


_TABLES = """\
SELECT tables.name FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND columns.name = 'record'
"""


@dataclass(frozen=True, slots=True)
class Records:
    """`instance` is in the names of the daemon's kernel objects, `alive` are the containers that run, `known` is every ID and
    digest that any record mentions."""

    instance: str = ""
    alive: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


def read_records(data_root: Path) -> Records:
    """Return what is recorded; where there is no database, the instance that a new one would have. Raises sqlite3.DatabaseError."""
    path = data_root / "core.db"
    if not path.exists() or not path.stat().st_size:
        return Records(instance=derived_instance(data_root))
    with read_only(path) as database:
        tables = [name for (name,) in database.execute(_TABLES)]
        rows = {table: database.execute(f"SELECT key, record FROM {table}").fetchall() for table in tables}
    decode = msgspec.json.Decoder(_State).decode
    return Records(
        instance=next((msgspec.json.decode(record, type=str) for key, record in rows["engine"] if key == "instance"), ""),
        alive=frozenset(key for key, record in rows["containers"] if decode(record).state in _ALIVE),
        known=frozenset(token.decode() for table in rows.values() for row in table for token in _ids(*row)),
    )


def _ids(key: str, record: bytes) -> list[bytes]:
    return _ID.findall(key.encode()) + _ID.findall(record)
