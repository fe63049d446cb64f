"""What comes with `POST /build?version=2` itself when its client has no session: a tar of the context, and logins in a header."""

import base64
from collections.abc import AsyncIterator

import msgspec

from sdk.drivers.registry import Credentials
from sdk.frontend import Receive
from sdk.text import UNREADABLE


class _Login(msgspec.Struct):
    username: str | None = None
    password: str | None = None
    auth: str | None = None
    identitytoken: str | None = None
    registrytoken: str | None = None
    serveraddress: str | None = None


_logins = msgspec.json.Decoder(dict[str, _Login])


async def body_of(receive: Receive) -> AsyncIterator[bytes]:
    """Yield a request's body as it comes. Raises ConnectionError when its client goes away in the middle."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left in the middle of its request")
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        more = bool(message.get("more_body"))
        if body:
            yield body


def logins_of(header: str) -> dict[str, Credentials]:
    """Return the logins of an `X-Registry-Config` header by registry. What cannot be read is ignored, as Docker does."""
    try:
        decoded = base64.urlsafe_b64decode(header.replace("+", "-").replace("/", "_") + "=" * (-len(header) % 4))
        return {registry: _credentials(login) for registry, login in _logins.decode(decoded).items()} if decoded else {}
    except (ValueError, *UNREADABLE):
        return {}


def _credentials(login: _Login) -> Credentials:
    """Return a login; `auth` is `user:password` in base64, as configuration files have it."""
    username, password = login.username or "", login.password or ""
    if login.auth and not username:
        username, _, password = base64.b64decode(login.auth).decode().partition(":")
    return Credentials(username, password, login.identitytoken or "", login.registrytoken or "", login.serveraddress or "")
