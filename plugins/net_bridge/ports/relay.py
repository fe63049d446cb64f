"""Clients that come by IPv6 to ports of containers with IPv4 only: their sockets are handed to a program once the first of them is reached.

Until then a port costs one more entry in an epoll set. The program (`relay_program.py`) ends with the daemon; the next one listens again.
"""

import asyncio
import logging
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import anyio

_PROGRAM = str(Path(__file__).with_name("relay_program.py"))
_ONCE = select.EPOLLONESHOT
_ANSWER_SECONDS = 5.0
_QUEUE = 4096


@dataclass(frozen=True, slots=True)
class Relayed:
    """A bound socket of the host, and where in the container what reaches it goes."""

    endpoint_id: str
    socket: socket.socket
    protocol: str
    address: IPv4Address | IPv6Address
    port: int


class Relay:
    """The sockets that are listened on, and the program that has those which were reached. `wait` is for the event loop, all else for
    worker threads."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._epoll = select.epoll()
        self._waiting: dict[int, Relayed] = {}
        self._handed: list[Relayed] = []
        self._helper: _Helper | None = None
        self._lock = threading.Lock()
        self._reached: set[int] = set()
        self._came = anyio.Event()

    def close(self) -> None:
        """End the program and what it passes on."""
        self.withdraw_all()
        self._epoll.close()

    def withdraw_all(self) -> None:
        """Wait for no clients any more, and end the connections of those that came; idempotent."""
        with self._lock:
            self._stop()
            for fd in self._waiting:
                self._epoll.unregister(fd)
            self._waiting.clear()

    def listen(self, ports: Sequence[Relayed]) -> None:
        """Wait for clients of these sockets."""
        with self._lock:
            for port in ports:
                if port.protocol == "tcp":
                    # Connections that linger then keep neither this socket from listening nor the next daemon from the port.
                    port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    port.socket.listen(_QUEUE)
                self._watch(port)

    def withdraw(self, endpoint_id: str) -> None:
        """Wait no more for an endpoint's clients, and end the connections of those that came; idempotent."""
        with self._lock:
            for fd in [fd for fd, port in self._waiting.items() if port.endpoint_id == endpoint_id]:
                self._epoll.unregister(fd)
                del self._waiting[fd]
            if not any(port.endpoint_id == endpoint_id for port in self._handed):
                return
            self._handed = [port for port in self._handed if port.endpoint_id != endpoint_id]
            if self._helper is None or not self._handed:
                self._stop()
            elif not self._helper.remove(endpoint_id):
                self._listen_again()

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Notice on the event loop which sockets are reached, until the block ends."""
        loop = asyncio.get_running_loop()
        fd = self._epoll.fileno()
        loop.add_reader(fd, self._take_note)
        try:
            yield
        finally:
            loop.remove_reader(fd)

    async def wait(self) -> None:
        """Return when sockets were reached that `hand_over` is to deal with."""
        await self._came.wait()
        self._came = anyio.Event()

    def hand_over(self) -> None:
        """Give the program the sockets that were reached; start it if it does not run. After a failure, such as of memory, those sockets
        wait for the next call."""
        with self._lock:
            reached = set(self._reached)
            if self._helper is not None and self._helper.fileno() in reached:
                self._log.warning("the relay for clients by IPv6 has ended; it starts anew with the next client")
                self._listen_again()
            for port in [self._waiting[fd] for fd in reached if fd in self._waiting]:
                self._hand(port)
            self._reached -= reached

    def _take_note(self) -> None:
        self._reached |= {fd for fd, _ in self._epoll.poll(0)}
        self._came.set()

    def _watch(self, port: Relayed) -> None:
        fd = port.socket.fileno()
        self._waiting[fd] = port
        self._epoll.register(fd, select.EPOLLIN | _ONCE)

    def _hand(self, port: Relayed) -> None:
        if self._helper is None:
            self._helper = _Helper()
            self._epoll.register(self._helper.fileno(), select.EPOLLRDHUP | _ONCE)
        del self._waiting[port.socket.fileno()]
        self._epoll.unregister(port.socket.fileno())
        self._handed.append(port)
        if not self._helper.add(port):
            self._listen_again()

    def _listen_again(self) -> None:
        """Wait for clients by ourselves again: the program is gone."""
        handed = self._handed
        self._stop()
        for port in handed:
            self._watch(port)

    def _stop(self) -> None:
        self._handed = []
        if self._helper is not None:
            with suppress(OSError):
                self._epoll.unregister(self._helper.fileno())
            self._helper.close()
            self._helper = None


class _Helper:
    """The running program."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_ANSWER_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", _PROGRAM], stdin=theirs.fileno(), cwd="/", env=_ENVIRONMENT, start_new_session=True
            )

    def fileno(self) -> int:
        return self._control.fileno()

    def add(self, port: Relayed) -> bool:
        """Hand over a socket; False if the program is gone."""
        message = f"add {port.endpoint_id} {port.protocol} {port.address} {port.port}"
        try:
            socket.send_fds(self._control, [message.encode()], [port.socket.fileno()])
        except OSError:
            return False
        return True

    def remove(self, endpoint_id: str) -> bool:
        """Return when an endpoint's sockets are closed there; False if the program does not answer."""
        try:
            self._control.send(f"remove {endpoint_id}".encode())
            return bool(self._control.recv(64))
        except OSError:
            return False

    def close(self) -> None:
        """End the program, and with it all that it holds."""
        self._control.close()
        self._process.kill()
        self._process.wait()


_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}
