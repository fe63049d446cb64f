"""The frontend: `/v2/` on the daemon's listeners, and on an address of its own if it has one."""

from collections.abc import Awaitable, Callable
from typing import cast

from plugins.api_registry.access import guarded
from plugins.api_registry.app import create_app
from plugins.api_registry.settings import RegistrySettings
from sdk.engine import Engine
from sdk.errors import Unavailable
from sdk.frontend import ApiFrontend, ASGIApp, Message, Scope


class RegistryFrontend(ApiFrontend):
    """The distribution protocol over the engine's own images."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._guarded: ASGIApp | None = None

    @property
    def prefix(self) -> str:
        return "/v2"

    def build(self, engine: Engine) -> ASGIApp:
        """Return the application for the daemon's listeners; the address of our own serves it from now on, behind its password."""
        app = cast(ASGIApp, create_app(engine.content, read_only=self._settings.read_only))
        self._guarded = guarded(app, self._settings)
        return app

    async def serve(
        self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer on the address of our own."""
        if self._guarded is None:
            raise Unavailable("the engine is not open yet")
        await self._guarded(scope, receive, send)
