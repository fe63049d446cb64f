"""Raw connections that can be closed in one direction: plain, and through TLS."""

import socket
import ssl
from contextlib import suppress

_CHUNK = 64 << 10


class Wire:
    """A plain connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def has_pending(self) -> bool:
        """Whether `receive` would return something that the kernel does not know of."""
        return False

    def receive(self) -> bytes:
        """Return what comes next; b"" after the other side has closed its direction, or the connection."""
        try:
            return self._socket.recv(_CHUNK)
        except ConnectionError:
            return b""

    def send(self, data: bytes) -> None:
        """Send everything. Raises OSError."""
        self._socket.sendall(data)

    def close_write(self) -> None:
        """Close our direction only. Raises OSError."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


class TlsWire(Wire):
    """A connection through TLS. Works on buffers: ssl's sockets cannot close one direction and go on reading."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(connection)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._early = b""
        while not self._has_shaken_hands():
            self._fill()

    @property
    def has_pending(self) -> bool:
        return bool(self._early or self._tls.pending() or self._incoming.pending)

    def receive(self) -> bytes:
        if self._early:
            early, self._early = self._early, b""
            return early
        while True:
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                if not self._fill():
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def send(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def close_write(self) -> None:
        # The close is followed by an attempt to read the other side's: data must not be in its way.
        with suppress(ssl.SSLError):
            while data := self._tls.read(_CHUNK):
                self._early += data
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()

    def _has_shaken_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self._flush()
        return True

    def _fill(self) -> bool:
        """Take what arrives next; return whether there was something."""
        data = super().receive()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return bool(data)

    def _flush(self) -> None:
        if data := self._outgoing.read():
            super().send(data)
