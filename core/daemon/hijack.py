"""HTTP/1.1 connections that an application may take over.

Three ASGI extensions in `scope["extensions"]`, two of them callables:
- `hijack(head)` writes the response head and returns the raw connection (`sdk.frontend.HijackedStream`);
- `takeover(head, protocol)` writes it and hands the transport to another asyncio protocol (HTTP/2 for instance);
- `wire` is the transport.

Neither needs the request to have asked for an upgrade. There are no timeouts, and a request is given to the parser only up to its
own end: what a client sends before the answer is kept for the stream, or for the next request if the application answers plainly.

A connection that begins with HTTP/2's preface is a request of the method PRI for the path `*`, as the preface reads. The application
that claims this path takes the connection over, and its protocol is fed the preface too.
"""

import asyncio
import re
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.daemon.connection import RawConnection
from core.daemon.connections import Connections
from core.daemon.cycle import Cycle
from core.daemon.framing import ChunkedFrame, Frame, SizedFrame
from core.daemon.held import HeldInput
from core.daemon.lingering import DRAINED, LingeringTransport
from sdk.frontend import HTTP2_METHOD, HTTP2_PATH

_READ_AHEAD = 256 * 1024
_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:", re.IGNORECASE)
_DISARMED = b"x-hijack-upgrade"
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"message":"too many connections: the daemon serves %d at a time"}\n'
)
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""RFC 9113 section 3.4."""


class HijackableProtocol(HttpToolsProtocol):
    """One client connection. Every step of its input takes bytes off what is held, or ends the reading."""

    cycle: Cycle

    def __init__(self, config: Config, state: Connections) -> None:
        super().__init__(config, state, {})
        self._state = state
        self.raw: RawConnection | None = None
        self._held = HeldInput()
        self._frame: Frame | None = None
        self._announced: Frame = SizedFrame(0)
        self._in_head = False
        self._in_message = False
        self._wants_upgrade = False
        self._unwanted = 0
        self._is_refused = False
        self._eof = False

    @property
    def is_answering(self) -> bool:
        """Whether a request is being worked on whose response has not begun."""
        return self.raw is None and self._is_busy and not (self.cycle.response_started or self.cycle.disconnected)

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    # The connection ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to listen to a client. One too many is told so; behind TLS clients were counted before the handshake."""
        self._wire = transport
        self._output = LingeringTransport(transport, lambda: not (self._frame or self._held or self._is_refused))
        super().connection_made(self._output)
        if self.scheme == "http" and not self._state.admission.admit(transport):
            self._is_refused = True
            transport.write(_TOO_MANY % self._state.admission.limit)
            self._output.close()

    def data_received(self, data: bytes) -> None:
        """Route input: to the raw connection, to the parser, or aside until the response is known."""
        if self.raw is not None:
            self.raw.feed(data)
        elif self._output.lingers:
            self._output.drop(data)
        else:
            self._unset_keepalive_if_required()
            self._held.add(data)
            self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection open for a half-closed stream and for answers that are under way; else the client has gone."""
        if self.raw is not None:
            self.raw.feed_eof()
            return True
        self._eof = self._frame is None and self._is_busy and not self._output.lingers
        if self._eof and not self._wants_upgrade:
            self.cycle.end_input()
        return self._eof

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
        self._output.lose()
        if self.raw is not None:
            self.raw.lose()

    # What the parser finds --------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Expect a head."""
        self._in_head = self._in_message = True
        self._wants_upgrade, self._announced, self._unwanted = False, SizedFrame(0), 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header under its true name; trailers of a body are of no interest."""
        if not self._in_head:
            return
        name = name.lower()
        if name == _DISARMED:
            name = b"upgrade"
            self._wants_upgrade = True
        elif name == b"content-length":
            self._announced = SizedFrame(int(value))
        elif name == b"transfer-encoding":
            self._announced = ChunkedFrame()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Describe the request; the application is started when the parser has accepted its head."""
        self._in_head = False
        version = self.parser.get_http_version()
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        if not path.startswith("/"):
            raise ValueError("a request asks for a path")
        self.scope |= {"method": self.parser.get_method().decode(), "http_version": version}
        self.scope |= {"path": unquote(path) if "%" in path else path, "raw_path": url.path, "query_string": url.query or b""}
        self._describe(keep_alive=version != "1.0" and self.parser.should_keep_alive())

    def on_message_complete(self) -> None:
        """Note that what follows is not part of this request."""
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request on this connection."""
        super().on_response_complete()
        if self._frame is not None and self.cycle.body_was_held_back:
            self.transport.close()  # the client was not told to send its body, and may begin its next request instead
        elif self._held:
            self._parse()
        if self._eof and not self._is_busy:
            self.transport.close()

    # Input ------------------------------------------------------------------------------------------------------------

    def _parse(self) -> None:
        try:
            while self._held and not self.transport.is_closing() and self._feed_some():
                pass
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, ValueError):
            self._refuse()

    def _feed_some(self) -> bool:
        """Give the parser the next head or piece of body; return whether to go on."""
        if self._frame is not None:
            self._feed_body(self._frame)
            return True
        if self._is_busy:
            if len(self._held) > _READ_AHEAD:
                self.flow.pause_reading()
            return False
        if self.cycle is None and self._held.may_begin_with(_PREFACE):
            if len(self._held) >= len(_PREFACE):
                self._begin_http2()
            return False
        return self._feed_head()

    def _feed_head(self) -> bool:
        head = self._held.take_head()
        if not head:
            return False
        self._in_message = True
        self.parser.feed_data(_disarm(head))
        self._check(self._announced)
        self._start_asgi_task(self.cycle, self.app)
        return True

    def _feed_body(self, frame: Frame) -> None:
        """Give the parser some of the body. Of a body whose response is complete only so much is worth reading."""
        piece = self._held.take_body(frame)
        self.parser.feed_data(piece)
        self._check(frame)
        if not self._is_busy:
            self._unwanted += len(piece)
            if self._unwanted > DRAINED:
                self.transport.close()

    def _check(self, frame: Frame) -> None:
        """Note how the message goes on. Raises ValueError where the parser and the framing do not agree on its end."""
        if frame.complete == self._in_message:
            raise ValueError("the message does not end where it says")
        self._frame = None if frame.complete else frame

    def _refuse(self) -> None:
        """Answer what is not HTTP, unless an answer has begun, and close."""
        self._held.take_all()
        self._is_refused = True
        self._state.renew_date()
        has_begun = self._is_busy and self.cycle.response_started
        if self._is_busy:
            self.cycle.lose()
        if has_begun:
            self.transport.close()
        else:
            self.send_400_response("400 Bad Request")

    # Requests ---------------------------------------------------------------------------------------------------------

    def _describe(self, *, keep_alive: bool) -> None:
        self._state.renew_date()
        extensions: dict[str, object] = {"hijack": self._hijack, "takeover": self._takeover, "wire": self._wire}
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self._state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )

    def _begin_http2(self) -> None:
        self.on_message_begin()
        self._in_head = self._in_message = False
        self.scope |= {"method": HTTP2_METHOD, "http_version": "2"}
        self.scope |= {"path": HTTP2_PATH, "raw_path": HTTP2_PATH.encode(), "query_string": b""}
        self._describe(keep_alive=False)
        self.on_message_complete()
        self._start_asgi_task(self.cycle, self.app)

    def _hijack(self, head: bytes) -> RawConnection:
        self._end_http(head)
        raw = self.raw = RawConnection(self._wire)
        if self.flow.write_paused:
            raw.pause()
        if self._held:
            raw.feed(self._held.take_all())
        if self._eof:
            raw.feed_eof()
        return raw

    def _takeover(self, head: bytes, protocol: asyncio.Protocol) -> None:
        self._end_http(head)
        self.connections.discard(self)
        self._state.taken.add(self._wire)
        self._wire.set_protocol(protocol)
        protocol.connection_made(self._wire)
        if self._held:
            protocol.data_received(self._held.take_all())

    def _end_http(self, head: bytes) -> None:
        cycle = self.cycle
        cycle.response_started = cycle.response_complete = True
        cycle.keep_alive = False
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        self._wire.write(head)


def _disarm(head: bytes) -> bytes:
    """Rename an Upgrade header for the parser, which would otherwise take the request's body for the new protocol."""
    if b"pgrade" not in head and b"PGRADE" not in head:
        return head
    return _UPGRADE.sub(b"\r\n" + _DISARMED + b":", head)
