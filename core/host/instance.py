"""The token in the names of a daemon's kernel objects: cgroups, links, tables, supervisors.

It comes from where the data root is, on which machine, so that a daemon whose database is gone still knows what the one before it made.
A data root that has a token in its database already keeps it.
"""

import hashlib
from pathlib import Path

_MACHINE_ID = Path("/etc/machine-id")
_LENGTH = 8


def derived_instance(data_root: Path) -> str:
    """Return the token of a data root: eight hexadecimal digits."""
    place = f"{_machine()}\0{data_root.resolve()}"
    return hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:_LENGTH]


def _machine() -> str:
    try:
        return _MACHINE_ID.read_text(errors="surrogateescape").strip()
    except OSError:
        return ""
