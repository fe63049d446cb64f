"""Patterns of file names, and how long hostile ones take."""

import pytest

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.patterns import compile_pattern, is_pattern


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("", "", True),
        ("a.b", "a.b", True),
        ("a.b", "axb", False),
        ("?", "a", True),
        ("?", "/", False),
        ("?", "", False),
        ("*", "", True),
        ("*", "a/b", False),
        ("a*b*c", "a--b--c", True),
        ("a*b*c", "abbc", True),
        ("a*b*c", "acb", False),
        ("*a*a", "aa", True),
        ("*a*a", "a", False),
        ("*/b*/c", "a/bb/c", True),
        ("*/b*/c", "a/b/b/c", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("a\nb", "a\nb", True),
        ("?", "\n", True),
    ],
)
def test_a_star_stays_in_its_component(pattern: str, name: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(name)) is matches


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("**", "a/b", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a**", "ab/c", True),
        ("**/a", "a", True),
        ("**/a", "b/c/a", True),
        ("**/a", "ba", False),
        ("**a", "b/a", True),
        ("**a", "ba", False),
        ("a**b", "ab", True),
        ("a**b", "ax/b", True),
        ("a**b", "axb", False),
        ("**/a/**/b/**/c", "a/b/c", True),
        ("**/a/**/b/**/c", "x/a/x/y/b/x/c", True),
        ("**/a/**/b/**/c", "x/a/c/b", False),
        ("**/a/b/**/c", "a/x/a/b/c", True),
        ("**/a*/**/b", "ax/ay/b", True),
        ("**/**/**/**/a", "x/a", True),
        ("***/a", "x/y/a", True),
        ("**/*.go", "a/b/c.go", True),
        ("**/*.go", "a/b/c.gox", False),
    ],
)
def test_two_stars_are_directories_except_at_the_end(pattern: str, name: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(name)) is matches


@pytest.mark.parametrize(("pattern", "name", "matches"), [("a**b", "axb", True), ("**", "x", True), ("**", "x/y", False)])
def test_without_depth_two_stars_are_one(pattern: str, name: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern, deep=False).fullmatch(name)) is matches


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("[ab]", "ab", "c-"),
        ("[a-c]", "abc", "d-"),
        ("[^a-c]", "d-", "abc/"),
        (r"[a\-c]", "a-c", "b"),
        (r"[\]]", "]", "a\\"),
        (r"[\^a]", "^a", "b"),
        ("[a^]", "a^", "b"),
        ("[!a]", "!a", "b"),
        ("[[:x]", "[:x", "]"),
        ("[a-a]", "a", "-"),
        (r"[\--.]", "-.", ","),
        ("[&&||~~]", "&|~", "a"),
    ],
)
def test_a_class_is_gos(pattern: str, inside: str, outside: str) -> None:
    regex = compile_pattern(pattern)
    assert all(regex.fullmatch(character) for character in inside)
    assert not any(regex.fullmatch(character) for character in outside)
    assert not regex.fullmatch("")


@pytest.mark.parametrize(
    "pattern", ["[", "[]", "[^", "[^]", "[]a]", "[a", "[-a]", "[a-]", "[a--]", "[z-a]", "[a-\\", "[\\", "a\\", "x/[b-a]/y"]
)
def test_what_go_calls_a_bad_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(DockerfileError) as refused:
        compile_pattern(pattern)
    assert refused.value.args[0] == f"syntax error in pattern: {pattern}"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*a" * 40 + "b", "a" * 255),
        ("**/a/" * 40 + "b", "a/" * 2000),
        ("**/*a*a*a*a/" * 20 + "b", ("a" * 60 + "/") * 60),
        ("**" + "a**" * 2 + "b", "a/" * 300),
        ("?*" * 40 + "[^a]", "a" * 255),
    ],
)
def test_a_pattern_of_many_stars_does_not_try_all_ways(pattern: str, name: str) -> None:
    """Each of these but the shortest took hours before the stars stopped giving back."""
    assert not compile_pattern(pattern).fullmatch(name)


def test_stars_that_cannot_be_settled_are_few() -> None:
    assert compile_pattern("a**b**c").fullmatch("a/b/c")
    with pytest.raises(DockerfileError, match="inside of a name more than 2 times"):
        compile_pattern("a**b**c**d")


@pytest.mark.parametrize(("text", "expected"), [("a", False), ("a*", True), ("?", True), ("[a]", True), ("a]", False), ("", False)])
def test_a_wildcard_makes_a_name_a_pattern(text: str, expected: bool) -> None:
    assert is_pattern(text) is expected
