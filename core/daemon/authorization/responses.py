"""Responses that are held back until they are allowed.

One of known length is decided with its body, if that is JSON. A stream is decided by its head before anything of it is sent, and then flows. A
connection that was hijacked is told of when it has ended, as it cannot be held back.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import cast

from core.daemon.authorization.refused import Refused
from core.daemon.authorization.shown import essence, is_readable, texts
from sdk.drivers.authorizer import ApiResponse
from sdk.frontend import Message, Scope, Send, refuse
from sdk.numbers import BadNumber, parse_digits

LARGEST = 16 << 20
"""Bytes of a body that is held back; a larger one is decided by its head."""

_WITHOUT_BODY = frozenset({204, 304})

Review = Callable[[ApiResponse], Awaitable[None]]


class HeldResponse:
    """Takes what an application sends, and sends it on once `review` has returned; if that raises Refused, the refusal in its place."""

    def __init__(self, send: Send, review: Review, *, hides_body: bool) -> None:
        self._send, self._review, self._hides_body = send, review, hides_body
        self._start: Message | None = None
        self._body = bytearray()
        self._is_decided = False
        self._is_refused = False
        self.hijacked_with: int | None = None
        """The status with which the connection was taken over."""

    async def send(self, message: Message) -> None:
        """Hold a message back, pass it on, or drop it."""
        if self._is_refused:
            return
        if self._is_decided:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            if not _is_whole(message):
                await self._decide(b"" if message["status"] in _WITHOUT_BODY else None)
        else:
            await self._take(message)

    async def _take(self, message: Message) -> None:
        self._body += cast(bytes, message.get("body", b""))
        if not message.get("more_body"):
            await self._decide(bytes(self._body))
            if not self._is_refused:
                await self._send({**message, "body": bytes(self._body)})

    async def _decide(self, body: bytes | None) -> None:
        start = self._start
        assert start is not None
        self._is_decided = True
        shown = None if self._hides_body else body
        headers = cast("list[tuple[bytes, bytes]]", start.get("headers", []))
        try:
            await self._review(ApiResponse(cast(int, start["status"]), texts(list(headers)), shown))
        except Refused as refused:
            self._is_refused = True
            await refuse(self._send, refused.status, refused.message)
        else:
            await self._send(start)

    def watched(self, scope: Scope) -> Scope:
        """Return a scope whose extensions note that the connection is taken over."""
        extensions = cast(MutableMapping[str, object], scope["extensions"])
        return {**scope, "extensions": {**extensions, **{name: self._noting(extensions[name]) for name in ("hijack", "takeover")}}}

    def _noting(self, take: object) -> Callable[..., object]:
        call = cast(Callable[..., object], take)

        def noted(head: bytes, *arguments: object) -> object:
            status = head[len(b"HTTP/1.1 ") :][:3]
            self.hijacked_with = int(status) if status.isdigit() else 0
            return call(head, *arguments)

        return noted


def _is_whole(start: Message) -> bool:
    """Tell whether a response is JSON of a length that is known and small enough to be held back."""
    given = dict(cast("list[tuple[bytes, bytes]]", start.get("headers", [])))
    return is_readable([essence(given.get(b"content-type", b""))]) and _is_small(given.get(b"content-length", b""))


def _is_small(length: bytes) -> bool:
    try:
        parse_digits(length.decode("latin-1"), LARGEST)
    except BadNumber:
        return False
    return True
