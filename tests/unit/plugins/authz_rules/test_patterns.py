"""Patterns that every client's path is compared with before it is known who the client is."""

import pytest

from plugins.authz_rules.patterns import compiled


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
    assert bool(compiled(pattern).fullmatch(text)) is fits


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
    assert not compiled(pattern).fullmatch(text)
