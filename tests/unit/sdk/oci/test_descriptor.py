"""Platforms in the spellings that people and images use, and which satisfies which."""

import pytest

from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform, host, matches, normalized, parse_platform


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/X86_64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64/v8"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("armel", "linux/arm/v6"),
        ("i386", "linux/386"),
        ("riscv64", "linux/riscv64"),
        ("macos/arm64", "darwin/arm64"),
        ("x86-64", "linux/amd64"),
        ("linux/amd64/v2", "linux/amd64/v2"),
        ("aarch64", "linux/arm64"),
        ("armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/arm/6", "linux/arm/v6"),
        ("foo/bar", "foo/bar"),
    ],
)
def test_a_platform_in_gos_words(text: str, shown: str) -> None:
    system, architecture, *variant = shown.split("/")
    assert parse_platform(text) == Platform(architecture, os=system, variant="".join(variant))
    assert str(parse_platform(text)) == shown


@pytest.mark.parametrize(("text", "system"), [("linux", "linux"), ("macos", "darwin"), ("windows", "windows")])
def test_a_system_alone_is_of_this_machines_architecture(text: str, system: str) -> None:
    found = parse_platform(text)
    assert (found.architecture, found.os) == (host().architecture, system)


def test_a_system_of_another_kind_alone_is_of_this_machines_architecture_without_a_variant() -> None:
    assert parse_platform("windows") == Platform(host().architecture, os="windows")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a/b/c/d", '"a/b/c/d": cannot parse platform specifier: invalid argument'),
        (
            "linux/*",
            '"*" is an invalid component of "linux/*": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
        ),
        ("nonsense", '"nonsense": unknown operating system or architecture: invalid argument'),
        (
            "linux/",
            '"" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
        ),
        ("", '"" is an invalid component of "": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument'),
        (
            "linux/a b",
            '"a b" is an invalid component of "linux/a b": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
        ),
        (
            "linux\n",
            '"linux\n" is an invalid component of "linux\n": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
        ),
    ],
)
def test_what_is_no_platform(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_platform(text)
    assert caught.value.message == reason


@pytest.mark.parametrize(
    ("wanted", "offered", "fits"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/x86_64/v1", True),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm", "linux/arm/v7", True),
        ("linux/arm", "linux/arm/v6", False),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64/v3", "linux/amd64", False),
    ],
)
def test_a_missing_variant_is_the_usual_one(wanted: str, offered: str, fits: bool) -> None:
    assert matches(parse_platform(wanted), parse_platform(offered)) is fits


@pytest.mark.parametrize(
    ("wanted", "offered", "match"),
    [
        (Platform("x86_64"), Platform("amd64"), True),
        (Platform("amd64"), Platform("x86_64"), True),
        (Platform("aarch64"), Platform("arm64", variant="v8"), True),
        (Platform("amd64", variant="v1"), Platform("amd64"), True),
        (Platform("amd64", variant="v2"), Platform("amd64"), False),
        (Platform("arm", variant="v6"), Platform("armhf"), False),
        (Platform("amd64", os="windows"), Platform("amd64"), False),
    ],
)
def test_names_of_one_architecture_match(wanted: Platform, offered: Platform, match: bool) -> None:
    assert matches(wanted, offered) is match


def test_a_platform_without_a_system_is_of_linux() -> None:
    assert normalized(Platform(architecture="amd64", os="")).os == "linux"
