"""An error as one line for an administrator."""

import pytest

from core.sentences import one_line, sentence


@pytest.mark.parametrize(
    ("error", "line", "said"),
    [
        (ValueError("one\n  two\tthree "), "one two three", "ValueError: one two three"),
        (RuntimeError(), "", "RuntimeError"),
        (KeyError("x"), "'x'", "KeyError: 'x'"),
        (OSError(2, "No such file or directory", "/x"), "[Errno 2] No such file or directory: '/x'", None),
        (SystemExit(3), "3", "SystemExit: 3"),
    ],
)
def test_it_says_what_it_is_on_one_line(error: BaseException, line: str, said: str | None) -> None:
    assert one_line(error) == line
    assert sentence(error) == (said or f"FileNotFoundError: {line}")
