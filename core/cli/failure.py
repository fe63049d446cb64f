"""How a command of the daemon's machine fails: one sentence on stderr and exit status 1."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.config import StartupError
from sdk.errors import EngineError


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what a person can act on into a sentence and exit status 1; a bug keeps its traceback."""
    try:
        yield
    except (StartupError, EngineError) as error:
        print(f"core: {error}", file=sys.stderr)
        sys.exit(1)
    except sqlite3.DatabaseError as error:
        print(f"core: the database core.db cannot be read: {error}; `core doctor --repair` puts back its copy", file=sys.stderr)
        sys.exit(1)
    except PermissionError as error:
        print(f"core: {error.filename or 'this'}: permission denied (are you root?)", file=sys.stderr)
        sys.exit(1)
