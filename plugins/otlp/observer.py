"""The observer: spans wait in a bounded queue, and a task sends them in batches. The daemon never waits for the collector."""

import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import anyio
import anyio.to_thread
import httpx

from plugins.otlp.encoding import encode
from plugins.otlp.replies import RETRIED, rejected
from plugins.otlp.settings import OtlpSettings
from sdk.observer import Observer
from sdk.text import cleaned
from sdk.tracing import Span

_BATCH = 512
"""Spans of one request, at most."""

_GATHERING = 1.0
"""Seconds in which spans gather before they are sent."""

_TIMEOUT = 10.0
"""Seconds that a request may take with its whole answer."""
_LONGEST_REPLY = 64 << 10
"""Bytes of an answer that are read."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two attempts while the collector does not take spans; doubled each time."""

_QUIET = 60.0
"""Seconds in which one line about dropped spans is enough."""


class OtlpObserver(Observer):
    """Ships spans by OTLP over HTTP. What there is no room for, and what the collector refuses, is dropped, counted and logged."""

    def __init__(self, settings: OtlpSettings, resource: Mapping[str, str | int], log: logging.Logger) -> None:
        self._settings, self._resource, self._log = settings, resource, log
        self._waiting: deque[Span] = deque()
        self._news = anyio.Event()
        self._is_closing = False
        self._told_at = -_QUIET
        self._untold = 0
        self.dropped = 0

    def on_trace(self, spans: Sequence[Span]) -> None:
        if len(self._waiting) + len(spans) > self._settings.queue:
            self._drop(len(spans), f"{len(self._waiting)} wait for {self._settings.url}")
            return
        self._waiting.extend(spans)
        self._news.set()

    async def run(self, client: httpx.AsyncClient) -> None:
        """Send what there is, until `finish`."""
        while not self._is_closing or self._waiting:
            if not self._waiting:
                self._news = anyio.Event()
                await self._news.wait()
            if not self._is_closing and len(self._waiting) < _BATCH:
                with anyio.move_on_after(_GATHERING):
                    await self._closing()
            await self._send_batch(client)

    def finish(self) -> None:
        """Have `run` send what waits and end."""
        self._is_closing = True
        self._news.set()

    def give_up(self) -> None:
        """Drop what still waits, and say how much was dropped since that was last told."""
        if self._waiting or self._untold:
            self._told_at = -_QUIET
            self._drop(len(self._waiting), "the daemon stops")

    async def _closing(self) -> None:
        """Wait until there is a whole batch, or no more will come."""
        while not self._is_closing and len(self._waiting) < _BATCH:
            self._news = anyio.Event()
            await self._news.wait()

    async def _send_batch(self, client: httpx.AsyncClient) -> None:
        """Send what came first. It is dropped where that cannot succeed, whatever the reason: this task is the daemon's own."""
        batch = list(islice(self._waiting, _BATCH))
        if not batch:
            return
        try:
            await self._deliver(client, batch)
        except Exception as error:  # noqa: BLE001 what is raised here ends the daemon
            self._drop(len(batch), f"they cannot be sent: {type(error).__name__}: {cleaned(str(error), 200)}")
        for _ in batch:
            self._waiting.popleft()

    async def _deliver(self, client: httpx.AsyncClient, batch: Sequence[Span]) -> None:
        body = await anyio.to_thread.run_sync(encode, batch, self._resource)
        pause = _FIRST_PAUSE
        while reason := await self._post(client, body, len(batch)):
            if pause == _FIRST_PAUSE:
                self._log.warning("%s takes no spans: %s", self._settings.url, reason)
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _post(self, client: httpx.AsyncClient, body: bytes, count: int) -> str:
        """Send a batch; return why it is to be sent again, or "". Raises httpx.HTTPError for a request that can never be sent."""
        try:
            with anyio.fail_after(_TIMEOUT):
                async with client.stream("POST", self._settings.url, content=body) as reply:
                    answer = await _beginning(reply)
        except TimeoutError:
            return f"no whole answer in {_TIMEOUT:g} seconds"
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            raise
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        if reply.status_code in RETRIED:
            return f"it answers {reply.status_code}"
        if lost := rejected(reply.status_code, answer, count):
            self._drop(*lost)
        return ""

    def _drop(self, count: int, reason: str) -> None:
        self.dropped += count
        self._untold += count
        if time.monotonic() - self._told_at >= _QUIET:
            self._log.warning("%d spans are dropped (%d so far): %s", self._untold, self.dropped, reason)
            self._told_at, self._untold = time.monotonic(), 0


def new_client(settings: OtlpSettings) -> httpx.AsyncClient:
    """Return what sends requests to the collector."""
    headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
    own = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    endpoint = httpx.URL(settings.endpoint)
    user = (endpoint.username, endpoint.password) if endpoint.userinfo else None
    return httpx.AsyncClient(headers={**headers, **own}, auth=user, timeout=_TIMEOUT)


async def _beginning(reply: httpx.Response) -> bytes:
    """Return what an answer says first, as it came: unpacked, a small one may be as large as the memory."""
    read = bytearray()
    async for piece in reply.aiter_raw(_LONGEST_REPLY):
        read += piece
        if len(read) >= _LONGEST_REPLY:
            break
    return bytes(read[:_LONGEST_REPLY])
