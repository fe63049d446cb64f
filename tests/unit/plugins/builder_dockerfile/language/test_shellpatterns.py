"""Patterns inside `${...}`."""

import pytest

from plugins.builder_dockerfile.language.shellpatterns import replace_pattern, strip_pattern


@pytest.mark.parametrize(
    ("value", "pattern", "shortest", "longest"),
    [
        ("a.b.c", "*.", "b.c", "c"),
        ("a.b.c", "?.", "b.c", "b.c"),
        ("a.b.c", "*", "a.b.c", ""),
        ("a.b.c", "", "a.b.c", "a.b.c"),
        ("a.b.c", "b", "a.b.c", "a.b.c"),
        ("a.b.c", "a.b.c.d", "a.b.c", "a.b.c"),
        ("a-a-b", "*a*", "-a-b", ""),
        ("xaybzb", "x*a*b", "zb", ""),
        ("*a", r"\*", "a", "a"),
        ("a\nb", "*\n", "b", "b"),
        ("(a)b", "(a)", "b", "b"),
        ("a\\b", "a\\", "b", "b"),
        ("", "*", "", ""),
        ("", "?", "", ""),
    ],
)
def test_a_beginning_is_taken_away(value: str, pattern: str, shortest: str, longest: str) -> None:
    assert strip_pattern(value, pattern, prefix=True, longest=False) == shortest
    assert strip_pattern(value, pattern, prefix=True, longest=True) == longest


@pytest.mark.parametrize(
    ("value", "pattern", "shortest", "longest"),
    [
        ("a.b.c", ".*", "a.b", "a"),
        ("a.b.c", ".?", "a.b", "a.b"),
        ("a.b.c", "*", "a.b.c", ""),
        ("a.b.c", "b", "a.b.c", "a.b.c"),
        ("b-a-a", "*a*", "b-a-", ""),
        ("xbzayb", "b*a*b", "x", "x"),
        ("bxbxab", "b*a?", "bx", ""),
        ("a?", r"\?", "a", "a"),
        ("abc", "", "abc", "abc"),
    ],
)
def test_an_end_is_taken_away(value: str, pattern: str, shortest: str, longest: str) -> None:
    assert strip_pattern(value, pattern, prefix=False, longest=False) == shortest
    assert strip_pattern(value, pattern, prefix=False, longest=True) == longest


@pytest.mark.parametrize(
    ("value", "pattern", "once", "everywhere"),
    [
        ("a.b.c", ".", "a-b.c", "a-b-c"),
        ("a.b.c", "", "a.b.c", "a.b.c"),
        ("a.b.c", "*", "-", "-"),
        ("", "*", "-", "-"),
        ("", "a", "", ""),
        ("abc", "x", "abc", "abc"),
        ("abc", "a*b", "-c", "-c"),
        ("abab", "a?", "-ab", "--"),
        ("aXbaYb", "a*b", "-", "-"),
        ("xay", "a*", "x-", "x-"),
        ("xay", "*a", "-y", "-y"),
        ("aab", "a*b", "-", "-"),
        ("ab-ax", "a*b", "--ax", "--ax"),
        ("a\\b", "\\", "a-b", "a-b"),
    ],
)
def test_matches_are_replaced(value: str, pattern: str, once: str, everywhere: str) -> None:
    assert replace_pattern(value, pattern, "-", everywhere=False) == once
    assert replace_pattern(value, pattern, "-", everywhere=True) == everywhere


def test_a_replacement_is_no_pattern() -> None:
    assert replace_pattern("abc", "b", r"\0\g<0>$1", everywhere=True) == r"a\0\g<0>$1c"


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "a*" * 30 + "b", "?*" * 30 + "b"])
def test_a_pattern_of_many_stars_is_read_once_over_a_long_value(pattern: str) -> None:
    """Before, a value of 150 characters took a minute, and the daemon answered nothing meanwhile."""
    value = "a" * 20_000
    for longest in (False, True):
        assert strip_pattern(value, pattern, prefix=True, longest=longest) == value
        assert strip_pattern(value, pattern[::-1], prefix=False, longest=longest) == value
    assert replace_pattern(value, pattern, "-", everywhere=True) == value
    assert replace_pattern(value, "a" + pattern, "-", everywhere=True) == value
