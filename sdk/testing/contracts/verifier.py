"""The contract every image verifier keeps.

Subclass `VerifierContract` in a test module and give it three fixtures: `verifier`, the opened verifier with a policy of its own, and two
claims of a pull by that policy: `accepted` and `refused`.
"""

from dataclasses import replace

import anyio
import pytest

from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion
from sdk.errors import ImageRefused


class VerifierContract:
    """Cases read as the specification of `sdk.drivers.verifier.ImageVerifier`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.mark.anyio
    async def test_it_accepts_by_returning(self, verifier: ImageVerifier, accepted: ImageClaim) -> None:
        assert accepted.occasion is Occasion.PULL
        assert Occasion.PULL in verifier.occasions
        await verifier.verify_image(accepted)

    @pytest.mark.anyio
    async def test_it_refuses_with_the_image_its_own_name_and_a_reason(self, verifier: ImageVerifier, refused: ImageClaim) -> None:
        with pytest.raises(ImageRefused) as caught:
            await verifier.verify_image(refused)
        error = caught.value
        assert (error.image, bool(error.verifier), bool(error.reason)) == (refused.name, True, True)
        assert error.message == f"image {error.image} is refused by the policy {error.verifier}: {error.reason}"

    @pytest.mark.anyio
    async def test_it_goes_by_where_an_image_is_from_and_not_by_what_it_is_called(
        self, verifier: ImageVerifier, accepted: ImageClaim, refused: ImageClaim
    ) -> None:
        with pytest.raises(ImageRefused):
            await verifier.verify_image(replace(refused, name=accepted.name))
        await verifier.verify_image(replace(accepted, name=refused.name))

    @pytest.mark.anyio
    async def test_it_decides_the_same_whenever_and_however_often_it_is_asked(
        self, verifier: ImageVerifier, accepted: ImageClaim, refused: ImageClaim
    ) -> None:
        decisions: dict[int, bool] = {}

        async def ask(number: int) -> None:
            try:
                await verifier.verify_image(refused if number % 2 else accepted)
            except ImageRefused:
                decisions[number] = False
            else:
                decisions[number] = True

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(ask, number)
        assert decisions == {number: number % 2 == 0 for number in range(8)}
