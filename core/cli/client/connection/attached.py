"""Carrying bytes between this process' standard streams and a container's."""

import os
import selectors
from collections.abc import Callable
from contextlib import closing

from core.cli.client.connection.api import Hijacked
from core.cli.client.connection.frames import Frames
from core.cli.client.connection.wire import Wire

DETACH = b"\x10\x11"
"""ctrl-p ctrl-q"""
_CHUNK = 64 << 10


def carry(connection: Hijacked, *, terminal: bool, stdin: bool) -> bool:
    """Carry until the other side ends; return whether the person typed the detach keys.

    End of file on stdin closes our write side only: what the process still prints arrives.
    """
    show = _writer(terminal=terminal)
    show(connection.early)
    typed = b""
    wire = connection.wire
    # select(2), as epoll refuses a stdin that is a regular file.
    with closing(wire), selectors.SelectSelector() as ready:
        ready.register(wire, selectors.EVENT_READ)
        if stdin:
            ready.register(0, selectors.EVENT_READ)
        while True:
            readable = _readable(ready, wire)
            if 0 in readable:
                data = _send(wire)
                typed = (typed + data)[-len(DETACH) :]
                if not data:
                    ready.unregister(0)
            if wire.fileno() in readable:
                received = wire.receive()
                if not received:
                    return terminal and typed == DETACH
                show(received)


def _writer(*, terminal: bool) -> Callable[[bytes], None]:
    frames = Frames()

    def demultiplex(data: bytes) -> None:
        for stream, content in frames.feed(data):
            _write_all(2 if stream == 2 else 1, content)

    return (lambda data: _write_all(1, data)) if terminal else demultiplex


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _send(wire: Wire) -> bytes:
    """Send what stdin has; at its end close our direction. Returns the data."""
    data = os.read(0, _CHUNK)
    try:
        if data:
            wire.send(data)
        else:
            wire.close_write()
    except OSError:  # the process has ended; its last words are still to be read
        return b""
    return data


def _readable(ready: selectors.BaseSelector, wire: Wire) -> set[int]:
    """Wait for input; return the descriptors that have some."""
    return {wire.fileno()} if wire.has_pending else {key.fd for key, _ in ready.select()}
