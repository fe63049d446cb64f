"""A way out of the stage: an HTTP proxy whose listening end is inside the stage's network and whose connections are made outside.

The daemon reaches a public registry through it as through any company's proxy (RFC 9110, 9.3.6: CONNECT), and the stage needs no
address, no route and no rule on the machine's own network.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.cli.demo.stage import Stage

_CHUNK = 64 << 10
_HEAD_LIMIT = 8 << 10
_CONNECT_SECONDS = 10.0


@contextmanager
def open_relay(stage: Stage) -> Iterator[str]:
    """Serve until the block ends; yields the proxy's URL as it is seen on the stage."""
    with stage.entered():
        # A socket belongs for good to the network it was made in.
        listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):  # closed: the end
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client,), daemon=True).start()


def _serve(client: socket.socket) -> None:
    with client, suppress(OSError, ValueError):
        method, target, _ = _head(client).split(" ", 2)
        if method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        host, _, port = target.rpartition(":")
        try:
            server = socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS)
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        with server:
            server.settimeout(None)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _head(client: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received and len(received) < _HEAD_LIMIT:
        received += client.recv(_CHUNK) or b"\r\n\r\n"
    return received.decode("ascii")


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
