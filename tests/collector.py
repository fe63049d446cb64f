"""A small OpenTelemetry collector: it takes OTLP over HTTP in JSON, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Collector:
    """What was received. `answers` are the next ones, statuses and bodies; after them every request is taken."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def spans(self) -> list[Any]:
        """The spans that were taken."""
        return [
            span
            for _path, _headers, body in self.requests
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def wait(self, name: str) -> None:
        """Wait until a span of this name was taken."""
        with self.came:
            assert self.came.wait_for(lambda: any(span["name"] == name for span in self.spans), 30), self.spans


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on loopback while the block runs."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with collector.came:
                status, answer = collector.answers.pop(0) if collector.answers else (200, b"{}")
                if status == 200:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    collector.requests.append((self.path, headers, json.loads(body)))
                collector.came.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
