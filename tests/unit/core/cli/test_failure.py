"""What a person can act on is one sentence; a bug keeps its traceback."""

import sqlite3

import pytest

from core.cli.failure import one_sentence
from core.config import ConfigurationError, StartupError
from sdk.errors import NotFound


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StartupError("stop it first"), "core: stop it first"),
        (ConfigurationError("hosts: no"), "core: hosts: no"),
        (NotFound("no such image"), "core: no such image"),
        (
            sqlite3.DatabaseError("file is not a database"),
            "core: the database core.db cannot be read: file is not a database; `core doctor --repair` puts back its copy",
        ),
        (PermissionError(13, "x", "/var/lib/core"), "core: /var/lib/core: permission denied (are you root?)"),
        (PermissionError(), "core: this: permission denied (are you root?)"),
    ],
)
def test_it_ends_with_status_1(error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, one_sentence():
        raise error
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", f"{sentence}\n")


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), one_sentence():
        raise ZeroDivisionError


def test_what_works_goes_on() -> None:
    with one_sentence():
        pass
