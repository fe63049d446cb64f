"""Patterns that clients send, hostile ones among them."""

import sys

import pytest

from plugins.log_jsonfile.driver import JsonFileDriver
from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument, Unavailable
from sdk.logfiles.attributes import attributes_of
from sdk.logfiles.opening import log_opener
from sdk.logfiles.patterns import compiled
from sdk.logfiles.rotation import RotationDefaults


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("", "a", True),
        ("^a", "ab", True),
        ("^b", "ab", False),
        ("b$", "ab", True),
        ("a.b", "axb", True),
        ("a|b", "xb", True),
        ("^(a|b)$", "ab", False),
        ("(?i)A", "a", True),
        ("[[:digit:]]{2}", "a12", True),
    ],
)
def test_a_pattern_is_found_anywhere(pattern: str, text: str, found: bool) -> None:
    assert bool(compiled(pattern).search(text)) is found


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$"])
def test_a_hostile_pattern_does_not_stop_the_daemon(tmp_path: str, pattern: str) -> None:
    """With Python's engine `docker create` of such a container ended in years, and the daemon answered nothing meanwhile."""
    options = {"labels-regex": pattern, "env-regex": pattern}
    name = "a" * 5000 + "!"
    with log_opener(RotationDefaults("10m", 3, compress=False)) as opener:
        JsonFileDriver(opener).check(options)
    assert attributes_of(LogContext("id", "box", "image", tmp_path, options, {name: "x"}, (f"{name}=x",))) == {}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(", "error parsing regexp: missing ): `(`"),
        ("[z-a]", "error parsing regexp: invalid character class range: `z-a`"),
        ("(?=x)", "error parsing regexp: invalid perl operator: `(?=`"),
        ("\\1", "error parsing regexp: invalid escape sequence: `\\1`"),
        ("\ud800*", "error parsing regexp: invalid UTF-8"),
        ("(" * 2049, "error parsing regexp: expression is longer than 2048 characters"),
        ("((a{100}){100}){100}", "error parsing regexp: "),
    ],
)
def test_a_pattern_that_go_does_not_take_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        compiled(pattern)
    assert refused.value.message.startswith(sentence)


def test_plain_text_needs_no_library_and_a_pattern_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert compiled("^com.example.").search("com.example.team")
    with pytest.raises(Unavailable, match="google-re2"):
        compiled("a+")
