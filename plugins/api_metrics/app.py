"""The application: GET /metrics."""

from collections.abc import Iterable
from typing import cast

from plugins.api_metrics.collector import Collector
from plugins.api_metrics.negotiation import choose
from plugins.api_metrics.text import Format
from sdk.errors import EngineError
from sdk.frontend import Receive, Scope, Send, reply

PLAIN = (b"content-type", b"text/plain; charset=utf-8")
"""The header of what people read."""


class MetricsApp:
    """Answers from a collector."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 404 for another path, 405 for another method."""
        del receive
        if scope["path"] != "/metrics":
            await reply(send, 404, b"404 page not found\n", [PLAIN])
        elif scope["method"] not in ("GET", "HEAD"):
            await reply(send, 405, b"method not allowed\n", [PLAIN, (b"allow", b"GET, HEAD")])
        else:
            await self._metrics(choose(_accepted(scope)), send)

    async def _metrics(self, chosen: Format, send: Send) -> None:
        try:
            text = await self._collector.text(chosen)
        except EngineError as error:
            await reply(send, 500, f"{error.message}\n".encode(), [PLAIN])
            return
        await reply(send, 200, text, [(b"content-type", chosen.value.encode())])


def _accepted(scope: Scope) -> str:
    headers = cast(Iterable[tuple[bytes, bytes]], scope["headers"])
    return ",".join(value.decode("latin-1") for name, value in headers if name == b"accept")
