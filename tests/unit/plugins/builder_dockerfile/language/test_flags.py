"""Flags at the beginning of an instruction."""

import pytest

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.flags import Flags, read_flags

KNOWN = ("from", "chown", "link", "exclude")


def flags(text: str, escape: str = "\\") -> Flags:
    return read_flags(text, escape, KNOWN, repeated=("exclude",), switches=("link",))


@pytest.mark.parametrize(
    ("text", "values", "rest"),
    [
        ("a b", {}, "a b"),
        ("--from=x a b", {"from": ["x"]}, "a b"),
        ("--from= a", {"from": [""]}, "a"),
        ("--link a", {"link": [""]}, "a"),
        ("--exclude=a --exclude=b  c", {"exclude": ["a", "b"]}, "c"),
        ('--from="a b" c', {"from": ['"a b"']}, "c"),
        ("--from=a=b c", {"from": ["a=b"]}, "c"),
        ("-- --from=x", {}, "--from=x"),
        ("--link=true", {"link": ["true"]}, ""),
        ("a --from=x", {}, "a --from=x"),
    ],
)
def test_flags_stand_before_everything_else(text: str, values: dict[str, list[str]], rest: str) -> None:
    read = flags(text)
    assert (read.values, read.rest) == (values, rest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--form=x a", "unknown flag: --form (did you mean from?)"),
        ("--= a", "unknown flag: --"),
        ("--from a", "missing a value on flag: from"),
        ("--from=x --from=y a", "duplicate flag specified: from"),
        ("--link --link a", "duplicate flag specified: link"),
    ],
)
def test_a_wrong_flag_is_refused(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as refused:
        flags(text)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "on"), [("a", None), ("--link a", True), ("--link=TRUE a", True), ("--link=1 a", True), ("--link=0 a", False), ("--link=False a", False)]
)  # fmt: skip
def test_a_switch_is_on_off_or_not_given(text: str, on: bool | None) -> None:
    assert flags(text).switch("link") is on


def test_a_switch_is_nothing_else() -> None:
    with pytest.raises(DockerfileError, match='expecting boolean value for flag link, not: "Yes"'):
        flags("--link=Yes a").switch("link")


def test_the_last_value_counts() -> None:
    assert (flags("--exclude=a --exclude=b c").text("exclude"), flags("c").text("from")) == ("b", "")
