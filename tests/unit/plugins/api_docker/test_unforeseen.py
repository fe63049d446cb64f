import errno
import os
from pathlib import Path

import pytest

from plugins.api_docker.errors import status_of
from plugins.api_docker.unforeseen import in_words
from sdk.errors import Conflict


def raised(work) -> BaseException:
    """Return what some work really raises."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 whatever it is
        return error
    raise AssertionError("nothing was raised")


def nest(depth: int = 0) -> None:
    nest(depth + 1)


@pytest.mark.parametrize(
    ("work", "status", "words"),
    [
        (lambda: os.stat("a\0b"), 400, "null byte"),
        (lambda: os.stat("\udc80x".encode("utf-8")), 400, "not valid UTF-8"),
        (lambda: os.stat("/" + "x" * 300), 400, "file name too long"),
        (lambda: Path("/nosuch/x").read_text(), 500, "/nosuch/x: no such file or directory"),
        (nest, 400, "exceeded max depth"),
        (lambda: {}["key"], 500, "internal error"),
        (lambda: (_ for _ in ()).throw(OSError(errno.ENOSPC, "x", "/f")), 500, "/f: no space left on device"),
        (lambda: (_ for _ in ()).throw(ExceptionGroup("g", [Conflict("taken")])), 409, "taken"),
    ],
)
def test_clients_read_dockers_words(work, status: int, words: str) -> None:
    error = in_words(raised(work))
    assert status_of(error) == status
    assert words in error.message
    assert "Errno" not in error.message
