"""A disk that takes nothing more, said in Docker's words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdk.errors import ResourceExhausted

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full disk (or quota), or one that is read-only by now, met while a file is written into ResourceExhausted."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise ResourceExhausted(f"write {path}: {os.strerror(error.errno or 0).lower()}") from error
