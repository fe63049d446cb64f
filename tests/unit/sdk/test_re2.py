"""Regular expressions that clients send: their words, their bounds, and what they cost."""

import sys
import time

import pytest

from sdk.errors import InvalidArgument, Unavailable
from sdk.re2 import LONGEST, compiled


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("a.b", "xaxb", True), ("^(a|b)$", "ab", False), ("(?i)A", "a", True), ("[[:digit:]]{2}", "a12", True), (r"\pL", "1", False)],
)
def test_a_pattern_is_found_anywhere(pattern: str, text: str, found: bool) -> None:
    assert bool(compiled(pattern, "tests").search(text)) is found


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(", "error parsing regexp: missing ): `(`"),
        ("(?=x)", "error parsing regexp: invalid perl operator: `(?=`"),
        ("\ud800*", "error parsing regexp: invalid UTF-8"),
        ("x" * (LONGEST + 1), "error parsing regexp: expression is longer than 2048 characters"),
        ("((a{100}){100}){100}", "error parsing regexp: "),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_in_the_words_of_go(pattern: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        compiled(pattern, "tests")
    assert refused.value.message.startswith(sentence)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+b", "(.*)*(.*)*(.*)*b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    before = time.thread_time()
    assert not compiled(pattern, "tests").search("a" * 5000)
    assert time.thread_time() - before < 5


def test_the_sentence_without_the_library_names_what_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(Unavailable, match=r"^patterns in tests need google-re2, which is not installed on this machine"):
        compiled("a+", "tests")
