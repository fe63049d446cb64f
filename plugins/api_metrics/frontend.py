"""The frontend: `/metrics` on the daemon's listeners, and on an address of its own if it has one."""

from collections.abc import Sequence

from plugins.api_metrics.app import PLAIN, MetricsApp
from plugins.api_metrics.collector import Collector
from sdk.engine import Engine
from sdk.frontend import ApiFrontend, ASGIApp, Receive, Scope, Send, reply


class MetricsFrontend(ApiFrontend):
    """Metrics over one engine. `labels` are those of containers that their series have."""

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self._labels = tuple(labels)
        self._app: ASGIApp | None = None

    @property
    def prefix(self) -> str:
        return "/metrics"

    def build(self, engine: Engine) -> ASGIApp:
        """Return the application; the address of our own serves it from now on."""
        self._app = MetricsApp(Collector(engine, self._labels))
        return self._app

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer on the address of our own; 503 until the engine is open."""
        if self._app is None:
            await reply(send, 503, b"the engine is not open yet\n", [PLAIN])
            return
        await self._app(scope, receive, send)
