"""Who may ask, on the address of our own: basic authentication (RFC 7617)."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from starlette.types import Receive, Send

from plugins.api_registry.errors import Refusal, error_reply
from plugins.api_registry.settings import RegistrySettings
from sdk.frontend import ASGIApp, Message, Scope

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="registry"', "Docker-Distribution-API-Version": "registry/2.0"}


def guarded(app: ASGIApp, settings: RegistrySettings) -> ASGIApp:
    """Return the application behind a password, if there are users."""

    async def ask_first(
        scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http" or _is_let_in(scope, settings):
            await app(scope, receive, send)
            return
        reply = error_reply(Refusal(401, "UNAUTHORIZED", "authentication required", _CHALLENGE))
        await reply(scope, cast(Receive, receive), cast(Send, send))

    return ask_first if settings.users else app


def _is_let_in(scope: Scope, settings: RegistrySettings) -> bool:
    if settings.anonymous_pull and scope["method"] in ("GET", "HEAD") and scope["path"] != "/v2/":
        return True
    headers = cast(Iterable[tuple[bytes, bytes]], scope["headers"])
    given = next((value for name, value in headers if name == b"authorization"), b"")
    user, _, password = _decoded(given).partition(":")
    expected = settings.users[user].get_secret_value() if user in settings.users else ""
    return secrets.compare_digest(password.encode(), expected.encode()) and bool(expected)


def _decoded(header: bytes) -> str:
    scheme, _, credentials = header.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
