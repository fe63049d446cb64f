"""Patterns of list filters: RE2, so no pattern takes long, and plain text costs nothing."""

import sys
import time

import pytest

from core.patterns import found
from sdk.errors import Unavailable


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("web", True),
        ("^web", True),
        ("db$", True),
        ("^web-db$", True),
        ("^web$", False),
        ("", True),
        ("^", True),
        ("web-(db|cache)", True),
        ("^web-..$", True),
        ("(?i)WEB", True),
        ("[[:digit:]]", False),
        (r"\pL", True),
        ("web.*x", False),
    ],
)
def test_it_matches_anywhere_unless_anchored(pattern: str, matches: bool) -> None:
    assert found(pattern, "web-db") is matches


@pytest.mark.parametrize("pattern", ["(", "a**", "[z", r"(?=x)", r"\1", "x{1001}", "\ud800("])
def test_what_is_no_pattern_matches_only_itself(pattern: str) -> None:
    assert not found(pattern, "web(db")
    assert found(pattern, pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+b", "(.*)*(.*)*(.*)*b", "((a{1000}){1000}){1000}", "(a?){800}a{800}b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    before = time.monotonic()
    assert not found(pattern, "a" * 255)
    assert time.monotonic() - before < 5


def test_plain_text_does_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert found("^/web$", "/web")
    with pytest.raises(Unavailable, match="google-re2"):
        found("no-such-pattern-yet(a|b)", "x")
