"""Words, divided with their quotes left in place."""

import pytest

from plugins.builder_dockerfile.language.shellwords import split_plain, split_raw


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n ", []),
        ("a  b\tc\nd", ["a", "b", "c", "d"]),
        ('"a b" c', ['"a b"', "c"]),
        ("'a b'c d", ["'a b'c", "d"]),
        (r"a\ b c", [r"a\ b", "c"]),
        (r'"a\" b" c', [r'"a\" b"', "c"]),
        (r"'a\' b", [r"'a\'", "b"]),
        ('"it\'s" b', ['"it\'s"', "b"]),
        ('"a b', ['"a b']),
        ("a\\", ["a\\"]),
        ('""', ['""']),
        ("a\u00a0b", ["a\u00a0b"]),
    ],
)
def test_blanks_outside_of_quotes_divide(text: str, words: list[str]) -> None:
    assert split_raw(text, "\\") == words


def test_the_escape_is_the_files() -> None:
    assert split_raw("a` b c\\ d", "`") == ["a` b", "c\\", "d"]


def test_plain_words_know_no_quotes() -> None:
    assert split_plain(" 'a b' ") == ["'a", "b'"]
