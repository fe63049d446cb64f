"""HTTP/1.1 connections that an application may take over.

Two ASGI extensions, callables in `scope["extensions"]`:
- `hijack(head)` writes the response head and returns the raw connection (`sdk.frontend.HijackedStream`);
- `takeover(head, protocol)` writes it and hands the transport to another asyncio protocol (HTTP/2 for instance).

Neither needs the request to have asked for an upgrade. There are no timeouts, and a request is given to the parser only up to its
own end: what a client sends before the answer is kept for the stream, or for the next request if the application answers plainly.
"""

import asyncio
import re
import time
from email.utils import formatdate
from weakref import WeakSet

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from core.daemon.connection import RawConnection

_HEAD_END = b"\r\n\r\n"
_HEAD_LIMIT = 64 * 1024
_READ_AHEAD = 256 * 1024
_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:", re.IGNORECASE)
_DISARMED = b"x-hijack-upgrade"


class Connections(ServerState):
    """All open connections of the daemon, and the headers that every response carries. `taken` are the transports of those that speak
    another protocol now."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: WeakSet[asyncio.BaseTransport] = WeakSet()
        self._dated = 0

    def renew_date(self) -> None:
        """Renew the Date header, at most once a second and only when somebody asks."""
        now = int(time.time())
        if now != self._dated:
            self._dated = now
            self.default_headers = [(b"date", formatdate(now, usegmt=True).encode())]


class HijackableProtocol(HttpToolsProtocol):
    """One client connection."""

    def __init__(self, config: Config, state: Connections) -> None:
        super().__init__(config, state, {})
        self._state = state
        self.raw: RawConnection | None = None
        self._held = b""
        self._in_message = False
        self._body_left: int | None = 0
        self._wants_upgrade = False
        self._eof = False

    @property
    def is_answering(self) -> bool:
        """Whether a request is being worked on whose response has not begun."""
        return self.raw is None and self.cycle is not None and not self.cycle.response_started

    def data_received(self, data: bytes) -> None:
        """Route input: to the raw connection, to the parser, or aside until the response is known."""
        if self.raw is not None:
            self.raw.feed(data)
            return
        self._unset_keepalive_if_required()
        self._held += data
        self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection open for a half-closed stream; for an ordinary request the client has gone."""
        if self.raw is not None:
            self.raw.feed_eof()
            return True
        self._eof = self._wants_upgrade
        return self._wants_upgrade

    def pause_writing(self) -> None:
        """Make the application wait while the client is slow."""
        super().pause_writing()
        if self.raw is not None:
            self.raw.pause()

    def resume_writing(self) -> None:
        """Let the application go on."""
        super().resume_writing()
        if self.raw is not None:
            self.raw.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the stream, or the application through `http.disconnect`."""
        super().connection_lost(exc)
        if self.raw is not None:
            self.raw.lose()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header under its true name."""
        if name == _DISARMED:
            name = b"upgrade"
            self._wants_upgrade = True
        elif name.lower() == b"content-length":
            self._body_left = int(value)
        elif name.lower() == b"transfer-encoding":
            self._body_left = None
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the application with the extensions in its scope."""
        extensions: dict[str, object] = {"hijack": self._hijack, "takeover": self._takeover}
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        self._state.renew_date()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that what follows is not part of this request."""
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request on this connection."""
        super().on_response_complete()
        if self._eof:
            self.transport.close()
        elif self._held:
            self._parse()

    def _parse(self) -> None:
        try:
            while self._held and not self.transport.is_closing() and self._feed_some():
                pass
        except (httptools.HttpParserError, ValueError):
            self.send_400_response("Invalid HTTP request received.")

    def _feed_some(self) -> bool:
        """Give the parser the next head or piece of body; return whether to go on."""
        if self._in_message:
            self._feed_body()
            return True
        if self.cycle is not None and not self.cycle.response_complete:
            if len(self._held) > _READ_AHEAD:
                self.flow.pause_reading()
            return False
        return self._feed_head()

    def _feed_head(self) -> bool:
        end = self._held.find(_HEAD_END)
        if end < 0:
            if len(self._held) > _HEAD_LIMIT:
                raise ValueError("the head of the request is too long")
            return False
        head, self._held = self._held[: end + 4], self._held[end + 4 :]
        self._in_message, self._wants_upgrade, self._body_left = True, False, 0
        self.parser.feed_data(_disarm(head))
        return True

    def _feed_body(self) -> None:
        if self._body_left is None:
            piece, self._held = self._held, b""
        else:
            piece, self._held = self._held[: self._body_left], self._held[self._body_left :]
            self._body_left -= len(piece)
        self.parser.feed_data(piece)

    def _hijack(self, head: bytes) -> RawConnection:
        self._end_http(head)
        raw = self.raw = RawConnection(self.transport)
        if self.flow.write_paused:
            raw.pause()
        if self._held:
            raw.feed(self._held)
            self._held = b""
        if self._eof:
            raw.feed_eof()
        return raw

    def _takeover(self, head: bytes, protocol: asyncio.Protocol) -> None:
        self._end_http(head)
        self.connections.discard(self)
        self._state.taken.add(self.transport)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if self._held:
            protocol.data_received(self._held)
            self._held = b""

    def _end_http(self, head: bytes) -> None:
        cycle = self.cycle
        cycle.response_started = cycle.response_complete = True
        cycle.keep_alive = False
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self.transport.write(head)


def _disarm(head: bytes) -> bytes:
    """Rename an Upgrade header for the parser, which would otherwise take the request's body for the new protocol."""
    if b"pgrade" not in head and b"PGRADE" not in head:
        return head
    return _UPGRADE.sub(b"\r\n" + _DISARMED + b":", head)
