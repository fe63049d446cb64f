"""`docker images PATTERN` and the filter `reference`."""

import time

import pytest

from core.engine.images.reference_patterns import reference_pattern, reference_patterns
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("busybox", "busybox", True),
        ("busybox", "busybox:latest", False),
        ("busy*", "busybox:latest", True),
        ("*", "busybox", True),
        ("*", "user/app", False),
        ("*/*", "user/app:1", True),
        ("*/*", "host:5000/user/app", False),
        ("**", "busybox", True),
        ("b?sybox", "busybox", True),
        ("b?sybox", "b/sybox", False),
        ("bus[xy]box", "busybox", True),
        ("bus[a-x]box", "busybox", False),
        ("bus[^x]box", "busybox", True),
        ("bus[^x]box", "bus/box", False),
        ("a[.-0]b", "a/b", False),
        ("[\\]]", "]", True),
        ("[\\^a]", "^", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("*:1.?", "app:1.5", True),
        ("*a*b*c", "xaxbxc", True),
        ("*a*b*c", "xbxaxc", False),
        ("*ab", "aab", True),
        ("a.b", "axb", False),
        ("a+", "aa", False),
        ("", "", True),
        ("docker.io/library/busybox", "busybox", True),
        ("docker.io/user/app", "user/app", True),
        ("index.docker.io/user/*", "user/app", True),
        ("docker.io", "docker.io", True),
    ],
)
def test_wildcards(pattern: str, name: str, expected: bool) -> None:
    assert bool(reference_pattern(pattern).fullmatch(name)) is expected


@pytest.mark.parametrize("pattern", ["[", "a[", "[]", "[a", "[a-", "[-a]", "[a-]", "[z-a]", "[^", "[^]", "a\\", "[\\"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        reference_pattern(pattern)
    assert refused.value.message == "syntax error in pattern"


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "*" * 500 + "b", "*?" * 60 + "b", "*[a-z]" * 60 + "0"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """All clients wait while one is matched."""
    begun = time.thread_time()
    assert not reference_pattern(pattern).fullmatch("a" * 255)
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize("values", [["*a*" * 20_000], ["[a]" * 1000], ["?" * 1025, "*" * 1024], ["\\a" * 1025]])
def test_patterns_that_would_take_long_to_compile_are_refused(values: list[str]) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid filter: its patterns are longer than 2048 characters$"):
        reference_patterns(values)


def test_names_without_wildcards_may_be_many() -> None:
    names = [f"registry.test/team/app{number}" for number in range(200)]
    patterns = reference_patterns([*names, "*" * 2048])
    assert all(pattern.fullmatch(name) for pattern, name in zip(patterns, names, strict=False))
