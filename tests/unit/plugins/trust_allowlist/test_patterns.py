"""Patterns are written as people write names, and match whole repositories."""

import pytest

from plugins.trust_allowlist.patterns import compiled


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("alpine", ["docker.io/library/alpine"], ["docker.io/library/alpine2", "docker.io/me/alpine", "ghcr.io/library/alpine"]),
        ("*", ["docker.io/library/alpine"], ["docker.io/me/app", "ghcr.io/app"]),
        ("me/*", ["docker.io/me/app"], ["docker.io/me/app/part", "docker.io/you/app"]),
        ("docker.io/library/*", ["docker.io/library/alpine"], ["docker.io/me/app"]),
        ("registry.example:5000/**", ["registry.example:5000/a", "registry.example:5000/a/b"], ["registry.example/a", "registryxexample:5000/a"]),
        ("*.example.com/team/*", ["a.example.com/team/app"], ["example.com/team/app", "evil/a.example.com/team/app"]),
        ("localhost/app", ["localhost/app"], ["docker.io/localhost/app"]),
        ("**/app", ["docker.io/library/app", "ghcr.io/app"], ["ghcr.io/app/part"]),
        ("**", ["docker.io/library/alpine", "ghcr.io/a/b/c"], []),
    ],
)  # fmt: skip
def test_a_pattern(pattern: str, matches: list[str], others: list[str]) -> None:
    assert [name for name in (*matches, *others) if compiled(pattern).fullmatch(name)] == matches


@pytest.mark.parametrize("pattern", ["", "/", "a//b", "a/", "a b", "alpine@sha256", "ghcr.io/"])
def test_what_can_match_nothing_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a pattern of repositories"):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["team/*-*-*-*-*-*c", "**/*-*-*-*-*-*c", "*-*-*-*-*-*c/**"])
def test_a_long_name_is_compared_at_once(pattern: str) -> None:
    """A client chooses it, and the daemon answers no other client meanwhile."""
    name = "-" * 240
    assert not compiled(pattern).fullmatch(f"docker.io/team/{name}")
    assert not compiled(pattern).fullmatch(f"{name}/team/{name}")
