"""The contract every authorizer keeps.

Subclass `AuthorizerContract` in a test module and give it three fixtures: `authorizer`, the opened authorizer with a policy of its own, and two
requests by that policy: `allowed` and `denied`, made by `sdk.testing.authorization.api_request`.
"""

from collections.abc import Awaitable
from dataclasses import replace

import anyio
import pytest

from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer
from sdk.errors import PermissionDenied


async def reason(decision: Awaitable[None]) -> str | None:
    """Return why something is denied, None if it is allowed. Raises what is no decision."""
    try:
        await decision
    except PermissionDenied as denied:
        return denied.message
    return None


class AuthorizerContract:
    """Cases read as the specification of `sdk.drivers.authorizer.Authorizer`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.mark.anyio
    async def test_it_allows_by_returning(self, authorizer: Authorizer, allowed: ApiRequest) -> None:
        await authorizer.authorize_request(allowed)

    @pytest.mark.anyio
    async def test_it_denies_with_a_reason_in_one_line(self, authorizer: Authorizer, denied: ApiRequest) -> None:
        said = await reason(authorizer.authorize_request(denied))
        assert said
        assert "\n" not in said

    @pytest.mark.anyio
    async def test_an_api_version_makes_no_difference(
        self, authorizer: Authorizer, allowed: ApiRequest, denied: ApiRequest
    ) -> None:
        for version in ("", "1.24", "1.51"):
            prefix = f"/v{version}" if version else ""
            for request, expected in ((allowed, False), (denied, True)):
                asked = replace(request, version=version, target=prefix + request.path)
                assert (await reason(authorizer.authorize_request(asked)) is not None) is expected

    @pytest.mark.anyio
    async def test_how_the_client_spelled_the_path_makes_no_difference(self, authorizer: Authorizer, denied: ApiRequest) -> None:
        """It goes by the path that is executed: each letter of a path may be sent as its code."""
        coded = "".join(f"%{letter:02x}" if letter != ord("/") else "/" for letter in denied.path.encode())
        assert await reason(authorizer.authorize_request(replace(denied, target=coded)))

    @pytest.mark.anyio
    async def test_it_decides_the_same_whenever_and_however_often_it_is_asked(
        self, authorizer: Authorizer, allowed: ApiRequest, denied: ApiRequest
    ) -> None:
        decisions: dict[int, bool] = {}

        async def ask(number: int) -> None:
            decisions[number] = await reason(authorizer.authorize_request(denied if number % 2 else allowed)) is None

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(ask, number)
        assert decisions == {number: number % 2 == 0 for number in range(8)}

    @pytest.mark.anyio
    async def test_it_decides_as_before_after_a_reload(
        self, authorizer: Authorizer, allowed: ApiRequest, denied: ApiRequest
    ) -> None:
        await authorizer.reload()
        await authorizer.authorize_request(allowed)
        assert await reason(authorizer.authorize_request(denied))

    @pytest.mark.anyio
    async def test_it_takes_responses_with_a_body_and_without(self, authorizer: Authorizer, allowed: ApiRequest) -> None:
        for response in (
            ApiResponse(200, (("content-type", "application/json"),), b"{}"),
            ApiResponse(204),
            ApiResponse(200, body=None),
        ):
            assert await reason(authorizer.authorize_response(allowed, response)) != ""

    @pytest.mark.anyio
    async def test_its_deadline_is_a_time(self, authorizer: Authorizer) -> None:
        assert authorizer.deadline > 0
