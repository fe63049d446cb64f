"""Who is asked about images, and what counts as an answer."""

import pytest

from core.engine.images.trust import verify_pull
from sdk.drivers.registry import Credentials
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion
from sdk.errors import DriverError, ImageRefused
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.providers import Kind
from tests.slots import in_slot

INDEX, MANIFEST = digest_of(b"index"), digest_of(b"manifest")


class Policy(ImageVerifier):
    """Raises what it is told to."""

    def __init__(self, error: Exception | None = None, occasions: frozenset[Occasion] = frozenset(Occasion)) -> None:
        self.asked: list[ImageClaim] = []
        self._error = error
        self._occasions = occasions

    @property
    def occasions(self) -> frozenset[Occasion]:
        return self._occasions

    async def verify_image(self, image: ImageClaim) -> None:
        self.asked.append(image)
        if self._error:
            raise self._error


async def pull(**policies: ImageVerifier) -> None:
    verifiers = {name: in_slot(Kind.VERIFIER, name, policy) for name, policy in policies.items()}
    await verify_pull(verifiers, parse_reference("app:1"), (INDEX, MANIFEST), None, Credentials())


@pytest.mark.anyio
async def test_all_are_asked_and_know_where_it_is_from_by_digest() -> None:
    first, second = Policy(), Policy()
    await pull(first=first, second=second)
    (claim,) = first.asked
    assert second.asked == [claim]
    assert (claim.occasion, claim.name, [str(origin) for origin in claim.origins], claim.digests) == (
        Occasion.PULL,
        "app:1",
        [f"docker.io/library/app:1@{INDEX}"],
        {INDEX, MANIFEST},
    )


@pytest.mark.anyio
async def test_one_refusal_is_enough() -> None:
    with pytest.raises(ImageRefused, match="image app:1 is refused by the policy second: no"):
        await pull(first=Policy(), second=Policy(ImageRefused("app:1", "second", "no")))


@pytest.mark.anyio
async def test_a_policy_that_breaks_refuses() -> None:
    with pytest.raises(DriverError, match="broken: verify_image: division by zero"):
        await pull(broken=Policy(ZeroDivisionError("division by zero")))


@pytest.mark.anyio
async def test_who_does_not_want_to_be_asked_is_not() -> None:
    silent = Policy(ZeroDivisionError(), frozenset({Occasion.USE}))
    await pull(silent=silent)
    assert silent.asked == []
