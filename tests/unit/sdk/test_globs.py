"""Patterns that names and paths of clients are compared with while other clients wait."""

import re

import pytest

from sdk.globs import STAR, compile_glob, compile_match, next_token, starred


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a.b", "/axb", False),
        ("/*", "/a", True),
        ("/*", "/", True),
        ("/*", "/a/b", False),
        ("/*/*", "/a/b", True),
        ("/**", "/a/b", True),
        ("/**", "/", True),
        ("**", "", True),
        ("***", "a/b", True),
        ("/a/**/b", "/a/b", False),
        ("/a/**/b", "/a//b", True),
        ("/a/**/b", "/a/x/y/b", True),
        ("/a/**b", "/a/x/yb", True),
        ("/a**", "/abc/d", True),
        ("/**/a/**/b", "/x/a/y/b", True),
        ("/**/a/**/b", "/x/b/y/a", False),
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/aXb/Yc", False),
        ("/a*a", "/aa", True),
        ("/a*a", "/a", False),
        ("/**a*b", "/x/ya-b", True),
        ("/**a*b", "/x/ya/b", False),
        ("/**a*b/c**d", "/xa-a-b/c/d", True),
        ("/a", "/a\n", False),
        ("/*", "/a\nb", True),
        ("/[a]", "/a", False),
        ("/caf\u00e9*", "/caf\u00e9s", True),
    ],
)
def test_a_star_stays_in_its_part_and_two_do_not(pattern: str, text: str, fits: bool) -> None:
    assert bool(compile_glob(pattern).fullmatch(text)) is fits


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/a/*-*-*-*-*-*x", "/a/" + "-" * 4000),
        ("/**/a/**/a/**/a/**/a/**/b", "/" + "a/" * 2000),
        ("/**-*-*-x", "/" + "-" * 4000),
        ("/**-*-*-/*x", "/" + "-" * 4000 + "/"),
        ("/**a*b**a*b**a*c", "/" + "ab" * 2000),
        ("/**/*/*/*/*/x", "/" * 4000),
    ],
)
def test_a_long_path_is_compared_at_once(pattern: str, text: str) -> None:
    """The first of these took longer than a day, and the daemon answered no client meanwhile."""
    assert not compile_glob(pattern).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "a", True),
        ("*", "a/b", False),
        ("**", "a/b", False),
        ("*a*b", "xaxb", True),
        ("*a*b", "xa/b", False),
        ("*/a*", "x/ab", True),
        ("?", "/", False),
        ("?", "\n", True),
        ("[a-c]", "b", True),
        ("[.-0]", "/", False),
        ("[^a]", "b", True),
        ("[^a]", "/", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("", "", True),
    ],
)
def test_a_pattern_of_go_matches_a_slash_by_a_slash_alone(pattern: str, text: str, fits: bool) -> None:
    assert bool(compile_match(pattern).fullmatch(text)) is fits


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "*" * 500 + "b", "*?" * 60 + "b", "*[a-z]" * 60 + "0"])
def test_a_long_name_is_compared_at_once(pattern: str) -> None:
    assert not compile_match(pattern).fullmatch("a" * 4000)


@pytest.mark.parametrize("pattern", ["[", "[]", "[a", "[a-", "[-a]", "[z-a]", "[^", "[^]", "a\\", "[\\"])
def test_what_is_no_pattern_of_go(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"^syntax error in pattern$"):
        compile_match(pattern)


def test_tokens_of_a_pattern() -> None:
    assert next_token("a*", 0) == ("a", 1)
    assert next_token("a*", 1) == (STAR, 2)
    assert next_token(r"\*b", 0) == (r"\*", 2)
    assert next_token("?[a]", 0) == ("[^/]", 1)
    assert next_token("?[a]", 1)[1] == 4


@pytest.mark.parametrize(
    ("pattern", "slash_in_classes", "found"), [("[.-0]", True, True), ("[.-0]", False, False), ("[^a]", True, False)]
)
def test_whether_a_class_that_names_a_slash_matches_it(pattern: str, slash_in_classes: bool, found: bool) -> None:
    token, _ = next_token(pattern, 0, slash_in_classes=slash_in_classes)
    assert bool(re.fullmatch(token, "/")) is found


@pytest.mark.parametrize(
    ("runs", "text", "fits"),
    [
        (["a"], "a", True),
        (["a", "b"], "a-b", True),
        (["", "a", ""], "xay", True),
        (["", "a", "b"], "ba", False),
        (["a", "a"], "a", False),
    ],
)
def test_what_stands_between_stars(runs: list[str], text: str, fits: bool) -> None:
    assert bool(re.fullmatch(starred(runs), text)) is fits
