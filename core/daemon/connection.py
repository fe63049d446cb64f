"""The raw connection behind a hijacked HTTP request: full duplex, half-close, back-pressure both ways."""

import asyncio
import fcntl
import select
import socket
import termios
from collections.abc import Callable

_READ_AHEAD = 256 * 1024
_LINGER_SECONDS = 2.0
_HANGUP_CHECK_SECONDS = 3.0
_HEAD_SECONDS = 1.0
_HEAD_CHECK_SECONDS = 0.001
_GONE = "the client closed the connection"


class RawConnection:
    """Implements `sdk.frontend.HijackedStream` over a transport whose protocol feeds it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._input = bytearray()
        self._eof = False
        self._lost = False
        self._discarding = False
        self._has_written = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._timer: asyncio.TimerHandle | None = None

    async def read(self) -> bytes:
        """Return what arrived, then b"" once after the client closed its write side.

        Called again after that, it waits until the connection is lost. Raises ConnectionError when it is.
        """
        await self._readable.wait()
        if self._input:
            return self._take()
        if self._lost:
            raise ConnectionResetError(_GONE)
        self._readable.clear()
        return b""

    async def write(self, data: bytes) -> None:
        """Write and wait while the client is slow. Raises ConnectionError when it is gone."""
        if not self._has_written:
            self._has_written = True
            await self._head_read()
        if self._lost or self._transport.is_closing():
            raise ConnectionResetError(_GONE)
        self._transport.write(data)
        await self._writable.wait()

    def write_eof(self) -> None:
        """Close our write side; without effect where the transport cannot (TLS)."""
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        """Close after the output is flushed and the client has seen its end.

        What the client still sends is read and dropped for a moment: closing a socket with unread input resets the connection,
        and a reset can cost the client the last of its output.
        """
        if self._discarding or self._lost:
            return
        self._discarding = True
        self._input.clear()
        self.write_eof()
        if self._eof or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.resume_reading()
            self._schedule(_LINGER_SECONDS, self._transport.close)

    @property
    def closed(self) -> bool:
        """Whether the connection is lost, not merely half-closed."""
        return self._lost

    def feed(self, data: bytes) -> None:
        """Take input from the protocol."""
        if self._discarding:
            return
        self._input += data
        self._readable.set()
        if len(self._input) > _READ_AHEAD:
            self._transport.pause_reading()

    def feed_eof(self) -> None:
        """Note that the client closed its write side."""
        self._eof = True
        self._readable.set()
        if self._discarding:
            self._transport.close()
        else:
            self._check_hangup()

    def pause(self) -> None:
        """Make writers wait."""
        self._writable.clear()

    def resume(self) -> None:
        """Let writers go on."""
        self._writable.set()

    def lose(self) -> None:
        """Note that the connection is gone."""
        self._lost = True
        self._readable.set()
        self._writable.set()
        if self._timer is not None:
            self._timer.cancel()

    async def _head_read(self) -> None:
        """Wait, a second at most, until the client has read the response's head: clients whose HTTP library reads ahead, as Docker's SDK
        for Python does, lose what comes together with it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _HEAD_SECONDS
        while not self._lost and _has_unread(self._transport) and loop.time() < deadline:  # noqa: ASYNC110 no event tells of it
            await asyncio.sleep(_HEAD_CHECK_SECONDS)

    def _take(self) -> bytes:
        data = bytes(self._input)
        self._input.clear()
        if not (self._eof or self._lost):
            self._readable.clear()
            self._transport.resume_reading()
        return data

    def _check_hangup(self) -> None:
        """After end of file the event loop does not look at the socket any more, so a client that dies later is found by asking."""
        if self._lost or self._transport.is_closing():
            return
        if _hung_up(self._transport):
            self._transport.abort()
        else:
            self._schedule(_HANGUP_CHECK_SECONDS, self._check_hangup)

    def _schedule(self, delay: float, callback: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, callback)


def _hung_up(transport: asyncio.Transport) -> bool:
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), 0)
    return bool(poll.poll(0))


def _has_unread(transport: asyncio.Transport) -> bool:
    """Tell whether the other side of a UNIX socket has not read all that was sent (unix(7): SIOCOUTQ); of others it is unknown."""
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0 or sock.family != socket.AF_UNIX:
        return False
    unread = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
    return any(unread)
