"""Patterns of list filters: RE2, so no pattern takes long, and plain text costs nothing."""

import sys
import time

import pytest

from core.patterns import Patterns
from sdk.errors import InvalidArgument, Unavailable


def found(pattern: str, text: str) -> bool:
    return Patterns([pattern]).match(text)


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
    before = time.thread_time()
    assert not found(pattern, "a" * 255)
    assert time.thread_time() - before < 5


def test_plain_text_does_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert found("^/web$", "/web")
    with pytest.raises(Unavailable, match="google-re2"):
        found("no-such-pattern-yet(a|b)", "x")


def test_any_pattern_may_match_any_text() -> None:
    patterns = Patterns(["^db$", "we.", "("])
    assert [patterns.match(*texts) for texts in (("/web", "web"), ("db",), ("(",), ("cache",), ())] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert not Patterns([]).match("web")


@pytest.mark.parametrize("pattern", [r"\pL" * 1000, "(?:a|b|c|d)*" * 500, "x.{1,900}" * 300])
def test_patterns_of_one_filter_are_short_for_they_are_compiled_while_others_wait(pattern: str) -> None:
    with pytest.raises(InvalidArgument, match="its patterns are longer than 2048 characters"):
        Patterns([pattern])
    with pytest.raises(InvalidArgument):
        Patterns([f".{number}" for number in range(1000)])
    Patterns(["x" * 100_000, *(f"plain-{number}" for number in range(1000))])


def test_patterns_take_little_memory() -> None:
    before = _resident()
    for number in range(100):
        found(f"x{number}" + "(?:[a-m]|[n-z]|ab|cd){900}" * 8, "a" * 255)
        found(f"y{number}" + "(?:[a-m]|[n-z]){40}", "a" * 255)
    assert _resident() - before < 40 << 10


def _resident() -> int:
    """Return this process' memory in KiB."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
