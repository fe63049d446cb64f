"""One of Docker's authorization plugins, as an authorizer."""

from collections.abc import Callable

import anyio

from plugins.authz_legacy.protocol import AUTHORIZATION, Answer, Question, question
from plugins.authz_legacy.settings import LegacyAuthorizationSettings
from plugins.authz_legacy.waiting import until
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer
from sdk.errors import PermissionDenied
from sdk.legacy.client import PluginClient
from sdk.legacy.discovery import Address

_SPARE = 1.0
"""Seconds that are left to tell of an answer that did not come."""


class LegacyAuthorizer(Authorizer):
    """Asks the plugin about each request and each response. `find` says where the plugin listens, None if that is not known any more."""

    def __init__(
        self, name: str, address: Address, find: Callable[[], Address | None], settings: LegacyAuthorizationSettings
    ) -> None:
        self._name = name
        self._find = find
        self._settings = settings
        self._client = PluginClient(name, address, AUTHORIZATION)
        self._replaced: list[PluginClient] = []

    @property
    def deadline(self) -> float:
        return self._settings.timeout + self._settings.reconnect + _SPARE

    @property
    def reviews_responses(self) -> bool:
        return True

    async def authorize_request(self, request: ApiRequest) -> None:
        await self._ask("AuthZReq", question(request))

    async def authorize_response(self, request: ApiRequest, response: ApiResponse) -> None:
        await self._ask("AuthZRes", question(request, response))

    async def activate(self, seconds: float) -> None:
        """Introduce the daemon. Raises Unavailable, DeadlineExceeded, and NotFound for a plugin that authorizes nothing."""
        await self._client.activate(seconds)

    async def reload(self) -> None:
        """Go on with the address that the plugin's file says now, if the plugin answers there."""
        address = self._find()
        if address is None or address == self._client.address:
            return
        client = PluginClient(self._name, address, AUTHORIZATION)
        self._replaced.append(client)
        await client.activate(self._settings.timeout)
        self._replaced.remove(client)
        self._replaced.append(self._client)  # decisions may be under way there
        self._client = client

    async def close(self) -> None:
        """Close all connections."""
        for client in (*self._replaced, self._client):
            await client.close()

    async def _ask(self, method: str, asked: Question) -> None:
        """Ask, also a plugin that was started again meanwhile: a question changes nothing, so that to ask it twice does no harm."""
        end = anyio.current_time() + self._settings.reconnect
        answer = await until(end, lambda: self._client.ask(method, asked, Answer, self._settings.timeout))
        if not answer.allow:
            raise PermissionDenied(answer.message or "")
