"""Which images an allowlist lets in."""

import pytest

from plugins.trust_allowlist.settings import AllowlistSettings
from plugins.trust_allowlist.verifier import AllowlistVerifier
from sdk.drivers.verifier import ImageClaim, Occasion
from sdk.errors import ImageRefused
from sdk.oci.reference import parse_reference

pytestmark = pytest.mark.anyio

A, B, C = ("sha256:" + letter * 64 for letter in "abc")


async def refusal(settings: dict[str, object], *origins: str, digests: tuple[str, ...] = (A,)) -> str:
    """Return why an image is refused, "" if it is not."""
    claim = ImageClaim(Occasion.PULL, "named", tuple(map(parse_reference, origins)), frozenset(digests))
    try:
        await AllowlistVerifier(AllowlistSettings(**settings)).verify_image(claim)
    except ImageRefused as error:
        return error.message
    return ""


def origin(name: str, digest: str = A) -> str:
    return f"{name}@{digest}"


async def test_without_settings_everything_is_allowed() -> None:
    assert await refusal({}) == ""
    assert await refusal({}, origin("evil.example/x:1")) == ""


@pytest.mark.parametrize(
    ("pattern", "name", "allowed"),
    [
        ("quay.io/team/*", "quay.io/team/app", True),
        ("quay.io/team/*", "quay.io/team/sub/app", False),
        ("quay.io/team/*", "quay.io/team", False),
        ("quay.io/**", "quay.io/team/sub/app", True),
        ("quay.io/**", "quay.io.evil.example/x", False),
        ("busybox", "busybox", True),
        ("busybox", "evil.example/library/busybox", False),
    ],
)
async def test_a_repository_is_allowed_by_a_pattern(pattern: str, name: str, allowed: bool) -> None:
    told = await refusal({"repositories": (pattern,)}, origin(f"{name}:1"))
    assert (told == "") is allowed
    assert allowed or "is not among the allowed repositories" in told


@pytest.mark.parametrize(
    ("pins", "name", "digests", "allowed"),
    [
        ({"a/b": (A,)}, "a/b:1", (A,), True),
        ({"a/b": (A,)}, "a/b:1", (B,), False),
        ({"a/b": (A, B)}, "a/b:1", (B, C), True),
        ({"a/b:1": (A,)}, "a/b:1", (B,), False),
        ({"a/b:1": (A,)}, "a/b:2", (B,), True),
        ({"a/b:1": (A,), "a/b": (B,)}, "a/b:1", (A,), True),
        ({"a/b:1": (A,), "a/b": (B,)}, "a/b:1", (B,), False),
        ({"a/b:1": (A,), "a/b": (B,)}, "a/b:2", (A,), False),
    ],
)
async def test_a_pin_of_the_tag_counts_before_one_of_the_repository(
    pins: dict[str, tuple[str, ...]], name: str, digests: tuple[str, ...], allowed: bool
) -> None:
    told = await refusal({"pins": pins}, origin(name, digests[0]), digests=digests)
    assert (told == "") is allowed
    assert allowed or " is pinned to " in told


async def test_one_origin_that_is_allowed_is_enough_and_none_is_not() -> None:
    settings = {"repositories": ("quay.io/**",)}
    assert await refusal(settings, origin("evil.example/x"), origin("quay.io/x")) == ""
    assert "evil.example/x is not among" in await refusal(settings, origin("evil.example/x"), origin("evil.example/y"))
    assert "it was pulled from no repository" in await refusal(settings)
    assert "it was pulled from no repository" in await refusal({"pins": {"a": (A,)}})


async def test_an_image_of_a_digest_is_allowed_wherever_it_is_from() -> None:
    settings = {"repositories": ("quay.io/**",), "images": (B,)}
    assert await refusal(settings, origin("evil.example/x"), digests=(A, B)) == ""
    assert await refusal(settings, digests=(B,)) == ""
    assert await refusal(settings, origin("evil.example/x"), digests=(A,))


def test_use_is_verified_where_that_is_wanted() -> None:
    assert AllowlistVerifier(AllowlistSettings()).occasions == {Occasion.PULL}
    assert AllowlistVerifier(AllowlistSettings(verify_use=True)).occasions == {Occasion.PULL, Occasion.USE}
