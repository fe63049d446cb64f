"""Sockets to receivers, with limits of time, and with Go's words for what fails."""

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from sdk.shipping.addresses import joined
from sdk.shipping.wire import Undelivered, never

_CONNECT_SECONDS = 10.0
"""For all addresses of a name together."""

_LEAST_SECONDS = 0.001
"""For an address, or an answer, whose turn comes when the time is over."""

_SEND_SECONDS = 10.0
"""For each step: a receiver that is slow and takes something now and then is not given up."""

_STEP = 64 << 10


class Target(Struct, frozen=True):
    """Where a receiver listens. `network` is tcp, udp, unix or unixgram; `tls` makes the context of a connection over TLS."""

    network: str
    host: str = ""
    port: int = 0
    path: str = ""
    tls: Callable[[], ssl.SSLContext] | None = None


def dial(target: Target) -> socket.socket:
    """Return a connected socket; one of UDP is open and sends to its receiver, whether that is there or not. Raises OSError in Go's words."""
    if target.path:
        kind = socket.SOCK_DGRAM if target.network == "unixgram" else socket.SOCK_STREAM
        return _opened(socket.AF_UNIX, kind, target.path, target.network, target.path, _CONNECT_SECONDS)
    context = target.tls() if target.tls else None
    kind = socket.SOCK_DGRAM if target.network == "udp" else socket.SOCK_STREAM
    try:
        found = socket.getaddrinfo(target.host, target.port, type=kind)
    except (socket.gaierror, UnicodeError):
        raise OSError(f"dial {target.network}: lookup {target.host}: no such host") from None
    until = time.monotonic() + _CONNECT_SECONDS
    for position, (family, _, _, _, address) in enumerate(found):
        try:
            seconds = max(_LEAST_SECONDS, (until - time.monotonic()) / (len(found) - position))
            opened = _opened(family, kind, address, target.network, joined(str(address[0]), target.port), seconds)
            return _secured(opened, context, target.host) if context else opened
        except OSError:
            if position == len(found) - 1:
                raise
    raise OSError(f"dial {target.network}: lookup {target.host}: no such host")


def _opened(family: int, kind: int, address: object, network: str, where: str, seconds: float) -> socket.socket:
    opened = socket.socket(family, kind | socket.SOCK_CLOEXEC)
    opened.settimeout(seconds)
    try:
        opened.connect(address)  # type: ignore[arg-type] # an address of the family: a pair, or a path
    except TimeoutError:
        opened.close()
        raise OSError(f"dial {network} {where}: i/o timeout") from None
    except OSError as error:
        opened.close()
        raise OSError(f"dial {network} {where}: connect: {reason(error)}") from None
    opened.settimeout(_SEND_SECONDS)
    return opened


def _secured(opened: socket.socket, context: ssl.SSLContext, host: str) -> socket.socket:
    try:
        return context.wrap_socket(opened, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        opened.close()
        raise OSError(f"tls: failed to verify certificate: {error.verify_message}") from None
    except (OSError, ValueError) as error:
        opened.close()
        raise OSError(f"tls: {reason(error)}") from None


def reason(error: Exception) -> str:
    """Return what is wrong, as Go says it."""
    if isinstance(error, TimeoutError):
        return "i/o timeout"
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno).lower()
    return str(error)


class Connection:
    """A stream to a receiver that answers nothing."""

    def __init__(self, target: Target, seconds: float = _SEND_SECONDS) -> None:
        """`seconds` are for each step of a send and for each answer."""
        self._target = target
        self._seconds = seconds
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Connect anew. Raises OSError."""
        self.close()
        self._socket = dial(self._target)
        self._socket.settimeout(self._seconds)

    def close(self) -> None:
        """Close the socket; idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, messages: Sequence[bytes], is_over: Callable[[], bool] = never) -> None:
        """Send messages one behind the other. Raises Undelivered: those count as taken that the kernel took whole.

        A receiver that is slow may take any time, until `is_over`.
        """
        sent, data = 0, memoryview(b"".join(messages))
        try:
            opened = self._open()
            while sent < len(data):
                sent += opened.send(data[sent : sent + _STEP])
                if sent < len(data):
                    _go_on(is_over)
        except OSError as error:
            raise Undelivered(f"write {self._target.network}: {reason(error)}", _whole(messages, sent)) from None

    def receive(self, until: float | None = None) -> bytes:
        """Return some bytes that the receiver answers. `until` is on the monotonic clock, None the seconds of a step. Raises OSError."""
        if self._socket is None:
            raise OSError("not connected")
        try:
            if until is not None:
                self._socket.settimeout(max(_LEAST_SECONDS, until - time.monotonic()))
            answer = self._socket.recv(_STEP)
        except OSError as error:
            raise OSError(f"read {self._target.network}: {reason(error)}") from None
        finally:
            self._socket.settimeout(self._seconds)
        if not answer:
            raise OSError("EOF")
        return answer

    def _open(self) -> socket.socket:
        """Return the socket if the receiver has not closed it: what is sent to such a one is lost, and the kernel takes it."""
        if self._socket is None:
            raise OSError("not connected")
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if poll.poll(0) and self._is_ended(self._socket):
            raise OSError("broken pipe")
        return self._socket

    def _is_ended(self, opened: socket.socket) -> bool:
        opened.settimeout(0)
        try:
            return not opened.recv(_STEP)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            opened.settimeout(self._seconds)


def _go_on(is_over: Callable[[], bool]) -> None:
    if is_over():
        raise OSError("the time for sending is over")


def _whole(messages: Sequence[bytes], sent: int) -> int:
    """Return how many messages lie in the first `sent` bytes."""
    for count, message in enumerate(messages):
        sent -= len(message)
        if sent < 0:
            return count
    return len(messages)


class Datagrams:
    """Messages to a receiver that are sent one by one."""

    def __init__(self, target: Target, send_one: Callable[[socket.socket, bytes], object] = socket.socket.send) -> None:
        """`send_one` sends a datagram, or what its receiver takes instead. Raises OSError."""
        self._target = target
        self._send_one = send_one
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Open the socket anew. Raises OSError."""
        self.close()
        self._socket = dial(self._target)

    def close(self) -> None:
        """Close the socket; idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, messages: Iterable[Sequence[bytes]], is_over: Callable[[], bool] = never) -> None:
        """Send messages, each in so many datagrams, until `is_over`. Raises Undelivered.

        A message without datagrams is lost: it is too long. A receiver of UDP that is not there is no error: whether one is there, UDP does not tell.
        """
        if self._socket is None:
            raise OSError("not connected")
        for count, message in enumerate(messages):
            if not message:
                raise Undelivered(f"write {self._target.network}: message too long", count, 1)
            try:
                if count:
                    _go_on(is_over)
                for datagram in message:
                    self._send(self._socket, datagram)
            except OSError as error:
                lost = int(error.errno == errno.EMSGSIZE)
                raise Undelivered(f"write {self._target.network}: {reason(error)}", count, lost) from None

    def _send(self, opened: socket.socket, datagram: bytes) -> None:
        try:
            self._send_one(opened, datagram)
        except ConnectionRefusedError:  # told of an earlier datagram, if it is UDP; this one was not sent
            if self._target.network != "udp":
                raise
            self._send_one(opened, datagram)
