"""What the file system refuses, as the failure of a step."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sdk.errors import BuildFailed


@contextmanager
def plain_words(doing: str) -> Iterator[None]:
    """Turn an OSError into a failure that says what was done, to which file, and the kernel's reason."""
    try:
        yield
    except OSError as error:
        where = f" {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else ""
        raise BuildFailed(f"{doing}{where}: {os.strerror(error.errno or 0).lower()}") from error
