"""What authorizers are shown of a request: never less than a frontend will read of it.

A body of JSON or a form is taken in whole, whatever the headers say of its length, and the frontend then reads the same bytes. One that is
too large for that is refused, as one that was cut would be allowed for what it does not show. A request counts as JSON or a form if any of
its `Content-Type` headers says so, as frontends may look at another one than a policy.
"""

import asyncio
from typing import cast
from weakref import WeakKeyDictionary

from core.daemon.peers import subject_of
from sdk.drivers.authorizer import ApiRequest, Headers, Subject
from sdk.frontend import Receive, Scope, replayed, split_version

LARGEST = 4 << 20
"""Bytes of a body that is shown. No frontend reads a larger one as JSON or as a form either."""

_HIDDEN = frozenset({b"authorization", b"x-registry-auth", b"x-registry-config"})
_CREDENTIALS = "/auth"
_FORM = "application/x-www-form-urlencoded"

_subjects: WeakKeyDictionary[asyncio.Transport, Subject] = WeakKeyDictionary()


class BodyTooLarge(Exception):
    """A body that cannot be shown whole; the message is Docker's."""

    def __init__(self) -> None:
        super().__init__(f"request body too large for authorization plugin: size exceeds {LARGEST} bytes")


class ClientLeft(Exception):
    """The client went away before it had sent its request."""


async def shown(scope: Scope, receive: Receive) -> tuple[ApiRequest, Receive]:
    """Return a request as authorizers are shown it, and where the frontend is to read its body. Raises BodyTooLarge, ClientLeft."""
    version, path = split_version(str(scope["path"]))
    query = _text(scope.get("query_string"))
    given = cast("list[tuple[bytes, bytes]]", scope["headers"])
    kinds = [essence(value) for name, value in given if name == b"content-type"]
    body: bytes | None = None
    if is_readable(kinds) and not holds_credentials(path):
        body = await _whole(receive)
        receive = replayed(body, receive)
    elif not _has_body(given):
        body = b""
    request = ApiRequest(
        subject=_subject(scope),
        method=str(scope["method"]),
        target=_target(scope, query),
        path=path,
        version=version,
        query=query,
        headers=texts(given),
        body=body,
    )
    return request, receive


def holds_credentials(path: str) -> bool:
    """Tell whether messages of a path hold passwords."""
    return path.startswith(_CREDENTIALS)


def is_readable(kinds: list[str]) -> bool:
    """Tell whether one of these media types is JSON's, or a form's."""
    return any(kind == "application/json" or kind.endswith("+json") or kind.startswith(_FORM) for kind in kinds)


def texts(headers: list[tuple[bytes, bytes]]) -> Headers:
    """Return headers as text, without those that hold credentials."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name not in _HIDDEN)


def essence(content_type: bytes) -> str:
    """Return the media type of a `Content-Type` header, without its parameters."""
    return content_type.decode("latin-1").partition(";")[0].strip().lower()


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ")) for name, value in headers)


async def _whole(receive: Receive) -> bytes:
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        content += cast(bytes, message.get("body", b""))
        if len(content) > LARGEST:
            raise BodyTooLarge
        if not message.get("more_body"):
            return bytes(content)


def _target(scope: Scope, query: str) -> str:
    path = _text(scope.get("raw_path")) or str(scope["path"])
    return f"{path}?{query}" if query else path


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else ""


def _subject(scope: Scope) -> Subject:
    """Return who sends a request, which is found out once for each connection. Raises ClientLeft where there is none any more."""
    extensions = cast("dict[str, object]", scope["extensions"])
    wire = cast(asyncio.Transport, extensions["wire"])
    known = _subjects.get(wire)
    if known is None:
        try:
            known = subject_of(wire)
        except OSError:
            raise ClientLeft from None
        _subjects[wire] = known
    return known
