"""A progress stream cut anywhere, shown on no terminal, and one that fails."""

import io

import pytest

from core.cli.client.connection.api import ApiError
from core.cli.client.show.progress import messages, show_progress

PULL = [
    b'{"status":"Pulling from library/a","id":"latest"}\n',
    b'{"status":"Downloading","id":"l","progressDetail":{"current":1,"total":2}}\r\n',
    b'{"status":"Pull complete","id":"l"}\n\n',
    b'{"stream":"said"}\n',
    b'{"status":"last"}',
]


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_messages_come_in_any_pieces(step: int) -> None:
    wire = b"".join(PULL)
    found = list(messages(wire[at : at + step] for at in range(0, len(wire), step)))
    assert [(m.status, m.id, m.progress_detail.total) for m in found] == [
        ("Pulling from library/a", "latest", 0),
        ("Downloading", "l", 2),
        ("Pull complete", "l", 0),
        ("", "", 0),
        ("last", "", 0),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b'{"errorDetail":{"message":"no space"},"error":"no space"}', "^no space$"),
        (b'{"errorDetail":{"message":"detail alone"}}', "^detail alone$"),
        (b'{"error":"words alone"}', "^words alone$"),
        (b"<html>", "^the daemon's progress cannot be read: "),
        (b'{"status":5}\n', "^the daemon's progress cannot be read: "),
        (b'{"status":"\xff"}\n', "^the daemon's progress cannot be read: it is not UTF-8$"),
        (b'{"x":' + b"[" * 100_000, "^the daemon's progress cannot be read: it is nested too deeply$"),
    ],
)
def test_an_error_ends_it(line: bytes, sentence: str) -> None:
    found = messages([b'{"status":"a"}\n', line])
    assert next(found).status == "a"
    with pytest.raises(ApiError, match=sentence):
        next(found)


def test_without_a_terminal_a_line_a_step_and_no_measures() -> None:
    shown = io.StringIO()
    show_progress(PULL, shown)
    assert shown.getvalue() == "latest: Pulling from library/a\nl: Pull complete\nsaid\nlast\n"


def test_quiet_shows_nothing_but_fails_as_well() -> None:
    shown = io.StringIO()
    show_progress(PULL, shown, quiet=True)
    assert shown.getvalue() == ""
    with pytest.raises(ApiError, match="x"):
        show_progress([b'{"error":"x"}'], shown, quiet=True)
