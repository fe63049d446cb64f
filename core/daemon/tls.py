"""TLS that can be half-closed.

The event loop's own TLS closes a connection as soon as either side says it has no more to send. Docker's clients say so at the
beginning of `docker run` without `-i`, and read the output afterwards. RFC 8446 section 6.1: a close_notify ends one direction only.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import cast

_READ_SIZE = 256 * 1024
_HANDSHAKE_SECONDS = 30.0


class TLSConnection(asyncio.Protocol):
    """Stands between a TCP transport and a protocol: takes bytes off the wire, hands decrypted ones on."""

    def __init__(
        self,
        context: ssl.SSLContext,
        protocol: asyncio.Protocol,
        admit: Callable[[asyncio.BaseTransport], bool] = lambda _wire: True,
    ) -> None:
        self._admit = admit
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._protocol = protocol
        self._established = False
        self._input_ended = False
        self._output_ended = False
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect a handshake, for half a minute; a client that is not admitted is cut off, since it could not be told why."""
        self.wire = cast(asyncio.Transport, transport)  # uvloop's transports are not of asyncio's class
        self._deadline = asyncio.get_running_loop().call_later(_HANDSHAKE_SECONDS, self.wire.abort)
        if not self._admit(self.wire):
            self.wire.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire. What comes after a close_notify is dropped (RFC 8446 section 6.1): it would only be kept."""
        if self._input_ended:
            return
        self._incoming.write(data)
        self._advance()

    def eof_received(self) -> bool:
        """A client that ends TCP without a close_notify is gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the loss on."""
        self._deadline.cancel()
        if self._established:
            self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass the client's slowness on."""
        if self._established:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Pass the client's readiness on."""
        if self._established:
            self._protocol.resume_writing()

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        if data and not self._output_ended:
            self._tls.write(data)
            self._flush()

    def end_output(self) -> None:
        """Send a close_notify; input goes on."""
        if self._established and not self._output_ended:
            self._output_ended = True
            with suppress(ssl.SSLError):  # it asks for the client's close_notify, which comes when the client wants
                self._tls.unwrap()
            self._flush()

    def pause(self) -> None:
        """Deliver nothing for now."""
        self._paused = True
        self.wire.pause_reading()

    def resume(self) -> None:
        """Deliver again, what is decrypted already first."""
        if self._paused:
            self._paused = False
            self.wire.resume_reading()
            asyncio.get_running_loop().call_soon(self._advance)

    def follow(self, protocol: asyncio.Protocol) -> None:
        """Deliver to another protocol from now on."""
        self._protocol = protocol

    @property
    def protocol(self) -> asyncio.Protocol:
        """Return who is delivered to."""
        return self._protocol

    @property
    def session(self) -> ssl.SSLObject:
        """Return the TLS session."""
        return self._tls

    def _advance(self) -> None:
        if self.wire.is_closing():
            return
        try:
            if not self._established:
                self._shake_hands()
            self._deliver()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()  # the alert that tells the client why
            self.wire.close()

    def _shake_hands(self) -> None:
        self._tls.do_handshake()
        self._flush()
        self._deadline.cancel()
        self._established = True
        self._protocol.connection_made(TLSTransport(self))

    def _deliver(self) -> None:
        """Hand on what can be decrypted, until there is nothing (SSLWantReadError) or the reader has enough."""
        while not (self._paused or self._input_ended or self.wire.is_closing()):
            data = self._read()
            if data:
                self._protocol.data_received(data)
            elif not self._protocol.eof_received():
                self.wire.close()
        self._flush()

    def _read(self) -> bytes:
        try:
            data = self._tls.read(_READ_SIZE)
        except ssl.SSLZeroReturnError:
            data = b""
        self._input_ended = not data
        return data

    def _flush(self) -> None:
        if self._outgoing.pending:
            self.wire.write(self._outgoing.read())


class TLSTransport(asyncio.Transport):
    """What the protocol behind TLS writes to."""

    def __init__(self, connection: TLSConnection) -> None:
        super().__init__()
        self._connection = connection

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Tell about TLS, else about the socket."""
        match name:
            case "ssl_object":
                return self._connection.session
            case "sslcontext":
                return self._connection.session.context
            case _:
                return self._connection.wire.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send data."""
        self._connection.write(bytes(data))

    def can_write_eof(self) -> bool:
        """TLS can be half-closed."""
        return True

    def write_eof(self) -> None:
        """Say that no more is sent."""
        self._connection.end_output()

    def close(self) -> None:
        """Say so, and close when everything is sent."""
        self._connection.end_output()
        self._connection.wire.close()

    def abort(self) -> None:
        """Close at once."""
        self._connection.wire.abort()

    def is_closing(self) -> bool:
        """Whether the connection is closing or closed."""
        return self._connection.wire.is_closing()

    def pause_reading(self) -> None:
        """Stop delivering."""
        self._connection.pause()

    def resume_reading(self) -> None:
        """Deliver again."""
        self._connection.resume()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when writers are paused."""
        self._connection.wire.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return how many encrypted bytes wait."""
        return self._connection.wire.get_write_buffer_size()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        self._connection.follow(cast(asyncio.Protocol, protocol))

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol."""
        return self._connection.protocol


def behind_tls(
    context: ssl.SSLContext | None, protocol: Callable[[], asyncio.Protocol], admit: Callable[[asyncio.BaseTransport], bool]
) -> Callable[[], asyncio.Protocol]:
    """Return a factory of protocols that speak TLS if there is a context. `admit` says before the handshake whether a client may connect."""
    if context is None:
        return protocol
    return lambda: TLSConnection(context, protocol(), admit)
