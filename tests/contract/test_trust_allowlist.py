"""The verifier contract, kept by trust_allowlist: by repository, and by pinned digest; and what its settings mean."""

import pytest
from pydantic import ValidationError

from plugins.trust_allowlist.contract import BAD, GOOD, TestPins, TestRepositories, pull
from plugins.trust_allowlist.settings import AllowlistSettings
from plugins.trust_allowlist.verifier import AllowlistVerifier
from sdk.drivers.verifier import ImageClaim, Occasion
from sdk.errors import ImageRefused
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference

ID = digest_of(b"configuration")

__all__ = ["TestPins", "TestRepositories"]


def use(*origins: str) -> ImageClaim:
    return ImageClaim(Occasion.USE, "used", tuple(map(parse_reference, origins)), frozenset({GOOD, ID}))


async def refusal(settings: AllowlistSettings, claim: ImageClaim) -> str:
    verifier = AllowlistVerifier(settings)
    if claim.occasion not in verifier.occasions:
        return ""
    try:
        await verifier.verify_image(claim)
    except ImageRefused as error:
        return error.reason
    return ""


@pytest.mark.anyio
async def test_without_settings_everything_is_allowed() -> None:
    assert await refusal(AllowlistSettings(), pull("any/thing")) == ""
    assert await refusal(AllowlistSettings(verify_use=True), use()) == ""


@pytest.mark.anyio
async def test_a_pin_of_a_repository_is_for_all_its_tags_and_one_of_a_tag_goes_first() -> None:
    settings = AllowlistSettings(pins={"alpine": (GOOD,), "alpine:edge": (BAD,)})
    assert await refusal(settings, pull("alpine:3")) == ""
    assert await refusal(settings, pull("alpine:3", BAD)) == f"docker.io/library/alpine is pinned to {GOOD} and is {BAD}"
    assert await refusal(settings, pull("alpine:edge", BAD)) == ""
    assert await refusal(settings, pull("alpine:edge")) != ""
    assert await refusal(settings, pull("busybox", BAD)) == ""


@pytest.mark.anyio
async def test_what_is_pinned_need_not_be_among_the_repositories() -> None:
    settings = AllowlistSettings(repositories=("team/*",), pins={"alpine:3": (GOOD,)})
    assert await refusal(settings, pull("alpine:3")) == ""
    assert await refusal(settings, pull("alpine:4")) == "docker.io/library/alpine is not among the allowed repositories"


@pytest.mark.anyio
async def test_an_image_that_is_named_by_digest_is_allowed_wherever_it_is_from() -> None:
    settings = AllowlistSettings(repositories=("team/*",), images=(GOOD,), verify_use=True)
    assert await refusal(settings, pull("evil/app")) == ""
    assert await refusal(settings, use()) == ""
    assert await refusal(settings, pull("evil/app", BAD)) != ""


@pytest.mark.anyio
async def test_use_is_verified_if_the_policy_says_so() -> None:
    lax, strict = (AllowlistSettings(repositories=("team/*",), verify_use=each) for each in (False, True))
    assert await refusal(lax, use()) == ""
    assert await refusal(strict, use()) == "it was pulled from no repository"
    assert await refusal(strict, use(f"team/app@{GOOD}")) == ""
    assert await refusal(strict, use(f"evil/app@{GOOD}", f"team/app@{GOOD}")) == ""
    assert await refusal(strict, use(f"evil/app@{GOOD}")) == "docker.io/evil/app is not among the allowed repositories"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"repositories": ["a//b"]}, "is not a pattern of repositories"),
        ({"pins": {"UPPER": [GOOD]}}, "must be lowercase"),
        ({"pins": {f"a@{GOOD}": [GOOD]}}, "the digest belongs to the right"),
        ({"pins": {"a": ["sha256:short"]}}, "invalid checksum digest format"),
        ({"images": ["latest"]}, "invalid checksum digest format"),
    ],
)
def test_settings_that_could_never_work_are_refused(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        AllowlistSettings.model_validate(settings)
