"""API versions: `/v1.xx` prefixes, their limits, and the headers that tell clients who answers."""

import re
from collections.abc import Awaitable
from importlib import metadata
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plugins.api_docker.errors import error_reply


class ApiVersion(NamedTuple):
    """A version of the Docker Engine API; compares as numbers."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


MINIMUM = ApiVersion(1, 22)
MAXIMUM = ApiVersion(1, 55)

_DIGITS = 9
_PREFIX = re.compile(r"/v([0-9.]+)(/.*)")
_Headers = list[tuple[bytes, bytes]]


def product_version() -> str:
    """Return the version of the distribution this frontend ships in."""
    return metadata.version("core-engine")


def identity_headers(*, experimental: bool = False) -> _Headers:
    """Return the headers that every reply carries."""
    return [
        (b"api-version", str(MAXIMUM).encode()),
        (b"docker-experimental", b"true" if experimental else b"false"),
        (b"ostype", b"linux"),
        (b"server", f"Docker/{product_version()} (linux)".encode()),
    ]


class Negotiation:
    """Strips and checks the version, answers OPTIONS, and signs every reply.

    The application finds the version in `scope["api_version"]`; without a prefix it is the newest.
    """

    def __init__(self, app: ASGIApp, *, experimental: bool = False) -> None:
        self._app = app
        self._headers = identity_headers(experimental=experimental)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer or pass on one request."""

        def signed(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            return send(message)

        return self._choose(scope)(scope, receive, signed)

    def _choose(self, scope: Scope) -> ASGIApp:
        version, path = MAXIMUM, scope["path"]
        scope["identity_headers"] = self._headers
        if match := _PREFIX.fullmatch(path):
            text, path = match.groups()
            parsed = _parse(text)
            if parsed is None or parsed < MINIMUM or parsed > MAXIMUM:
                return error_reply(400, _refusal(text, parsed))
            version = parsed
        if scope["method"] == "OPTIONS":
            return error_reply(200, "")
        scope["path"], scope["raw_path"], scope["api_version"] = path, path.encode(), version
        return self._app


def _parse(text: str) -> ApiVersion | None:
    major, _, minor = text.partition(".")
    if not (0 < len(major) <= _DIGITS and 0 < len(minor) <= _DIGITS and major.isdigit() and minor.isdigit()):
        return None
    return ApiVersion(int(major), int(minor))


def _refusal(text: str, version: ApiVersion | None) -> str:
    if version is not None and version > MAXIMUM:
        return f"client version {text} is too new. Maximum supported API version is {MAXIMUM}"
    return (
        f"client version {text} is too old. Minimum supported API version is {MINIMUM}, "
        "please upgrade your client to a newer version"
    )
