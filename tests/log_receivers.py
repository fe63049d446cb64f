"""Receivers of logs for tests: real sockets, served by a thread, that take what comes, hang, are slow, die and come back."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sdk.shipping import _log, driver

PATIENCE = 30.0
"""Seconds that a test waits for what must come, on a machine that is busy."""


class Receiver:
    """Keeps what it is sent. `reads` false leaves it in the kernel's buffers; `answer` is called with what came and returns a reply.

    `pause` is the seconds that it rests after each read; `ended` is how many of its `connections` are over.
    """

    def __init__(
        self, open_socket: Callable[[], socket.socket], *, reads: bool = True, secured: ssl.SSLContext | None = None
    ) -> None:
        self.received = bytearray()
        self.datagrams: list[bytes] = []
        self.connections = 0
        self.ended = 0
        self.answer: Callable[[bytes], bytes] | None = None
        self.pause = 0.0
        self._reads = reads
        self._secured = secured
        self._changed = threading.Condition()
        self._open: list[socket.socket] = []
        self._stopped = False
        self.socket = open_socket()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true of what was received."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), (self.received[-400:], self.datagrams[-4:])

    def wait_for_lines(self, count: int) -> list[bytes]:
        """Wait for so many lines of a stream."""
        self.wait_for(lambda: self.received.count(b"\n") >= count)
        return bytes(self.received).split(b"\n")[:-1]

    def wait_for_datagrams(self, count: int) -> list[bytes]:
        self.wait_for(lambda: len(self.datagrams) >= count)
        return self.datagrams

    def stop(self) -> None:
        """Die: the socket and its connections are closed."""
        with self._changed:
            self._stopped = True
            for each in (self.socket, *self._open):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        for each in (self.socket, *self._open):
            each.close()

    def _serve(self) -> None:
        self.socket.settimeout(0.05)
        while not self._stopped:
            try:
                if self.socket.type == socket.SOCK_DGRAM:
                    self._note(b"", datagram=self.socket.recv(1 << 18))
                else:
                    self._accept(self.socket.accept()[0])
            except TimeoutError:
                continue
            except OSError:
                return

    def _accept(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        with self._changed:
            if self._stopped:
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
        if self._reads:
            thread = threading.Thread(target=self._read, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _read(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._secured is not None:
                connection = self._secured.wrap_socket(connection, server_side=True)
                with self._changed:
                    self._open.append(connection)
            while data := connection.recv(1 << 16):
                self._note(data)
                time.sleep(self.pause)
                if self.answer is not None and (reply := self.answer(bytes(self.received))):
                    connection.sendall(reply)
        with self._changed:
            self.ended += 1
            self._changed.notify_all()

    def _note(self, data: bytes, datagram: bytes | None = None) -> None:
        with self._changed:
            self.received += data
            if datagram is not None:
                self.datagrams.append(datagram)
            self._changed.notify_all()


def tcp(port: int = 0) -> Callable[[], socket.socket]:
    return lambda: socket.create_server(("127.0.0.1", port))


def udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    return opened


def unix(path: Path, kind: socket.SocketKind = socket.SOCK_STREAM) -> Callable[[], socket.socket]:
    def opened() -> socket.socket:
        path.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX, kind)
        made.bind(str(path))
        if kind == socket.SOCK_STREAM:
            made.listen()
        return made

    return opened


@contextmanager
def receiving(
    open_socket: Callable[[], socket.socket], *, reads: bool = True, secured: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Serve until the block ends."""
    receiver = Receiver(open_socket, reads=reads, secured=secured)
    try:
        yield receiver
    finally:
        receiver.stop()


@contextmanager
def short_stop() -> Iterator[None]:
    """What waits for a receiver that takes nothing is given up soon when its driver ends."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(driver, "_AT_STOP", 0.02)
        patched.setattr(_log, "GRACE", 0.02)
        yield


def until(condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
