"""All of Docker's authorization plugins on this machine: found by name when the configuration names them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from plugins.authz_legacy.settings import LegacyAuthorizationSettings
from plugins.authz_legacy.waiting import PAUSE, until
from sdk.drivers.authorizer import ApiRequest, Authorizer, AuthorizerSource
from sdk.errors import PermissionDenied
from sdk.legacy.discovery import Address, find_address
from sdk.providers import PluginContext

if TYPE_CHECKING:
    from plugins.authz_legacy.authorizer import LegacyAuthorizer


@asynccontextmanager
async def open_source(_context: PluginContext, settings: LegacyAuthorizationSettings) -> AsyncIterator[Authorizer]:
    """Open the bridge. No plugin is asked anything yet."""
    source = LegacyAuthorizers(settings)
    try:
        yield source
    finally:
        with anyio.CancelScope(shield=True):
            await source.close()


class LegacyAuthorizers(Authorizer, AuthorizerSource):
    """A source of authorizers. It allows nothing under its own name."""

    def __init__(self, settings: LegacyAuthorizationSettings) -> None:
        self._settings = settings
        self._found: dict[str, LegacyAuthorizer] = {}

    async def authorize_request(self, request: ApiRequest) -> None:
        del request
        raise PermissionDenied('"legacy" stands for Docker\'s authorization plugins; name one of them')

    async def find(self, name: str) -> Authorizer | None:
        """Return the plugin of a name once it answers. One that is not there yet is waited for, as services start side by side."""
        if name not in self._found:
            end = anyio.current_time() + self._settings.patience
            with anyio.CancelScope(deadline=end):
                while self._address(name) is None:  # noqa: ASYNC110 - no plugin tells that it is there
                    await anyio.sleep(PAUSE)
            address = self._address(name)
            if address is None:
                return None
            await self._introduce(name, address, end)
        return self._found[name]

    async def close(self) -> None:
        """Close all connections."""
        for authorizer in self._found.values():
            await authorizer.close()

    def _address(self, name: str) -> Address | None:
        return find_address(name, self._settings.socket_directories, self._settings.spec_directories)

    async def _introduce(self, name: str, address: Address, end: float) -> None:
        """Note a plugin that answers. Raises Unavailable for one that cannot be reached until `end`, NotFound for one of another kind."""
        from plugins.authz_legacy.authorizer import LegacyAuthorizer  # noqa: PLC0415 - an HTTP client costs memory only where there are plugins

        authorizer = LegacyAuthorizer(name, address, lambda: self._address(name), self._settings)
        try:
            await until(end, lambda: authorizer.activate(self._settings.timeout))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await authorizer.close()
            raise
        self._found[name] = authorizer
