"""One of Docker's authorization plugins, for tests: it answers as it is told, and keeps what it was asked."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

REQUEST, RESPONSE = "AuthZPlugin.AuthZReq", "AuthZPlugin.AuthZRes"


class Plugin:
    """`answers` is by method what it says, with the status, as long as no answer by the beginning of a URI in `denied` comes first."""

    def __init__(self, implements: str = "authz") -> None:
        self.implements = implements
        self.answers: dict[str, tuple[int, object]] = {REQUEST: (200, {"Allow": True}), RESPONSE: (200, {"Allow": True})}
        self.denied: dict[str, str] = {}
        self.asked: list[tuple[str, dict]] = []

    def questions(self, method: str) -> list[dict]:
        """Return what was asked by one of the two methods."""
        return [question for asked, question in self.asked if asked == method]

    def answer(self, method: str, question: dict) -> tuple[int, object]:
        if method == "Plugin.Activate":
            return 200, {"Implements": [self.implements]}
        self.asked.append((method, question))
        for beginning, message in self.denied.items():
            if method == REQUEST and question["RequestUri"].startswith(beginning):
                return 200, {"Allow": False, "Msg": message}
        return self.answers[method]


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, plugin: Plugin) -> None:
        super().__init__(path, _Handler)
        self.plugin = plugin
        self.connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def end_connections(self) -> None:
        """End the connections that clients keep, as the end of a process does."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        status, reply = self.server.plugin.answer(self.path.removeprefix("/"), question)
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def serve_authorization(path: Path, plugin: Plugin | None = None) -> Iterator[Plugin]:
    """Serve a plugin on a socket until the block ends; kept connections end then as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = _Server(str(path), plugin or Plugin())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.plugin
    finally:
        server.shutdown()
        server.end_connections()
        server.server_close()
        thread.join()
        path.unlink(missing_ok=True)
