"""Output for attached clients: every subscriber gets every chunk, and a slow one slows the process down instead of losing any."""

from collections import deque
from collections.abc import AsyncIterator, Callable

import anyio

from sdk.drivers.logs import StdStream

_HIGH_WATER = 1 << 20
_CHECKS = 5


class Subscription:
    """One client's queue; iterate it for (stream, chunk) until the output ends. `taken` counts the chunks that were."""

    def __init__(self, hub: "OutputHub", streams: frozenset[StdStream]) -> None:
        self.streams = streams
        self.taken = 0
        self._hub = hub
        self._chunks: deque[tuple[StdStream, bytes]] = deque()
        self._size = 0
        self._ended = False
        self._news = anyio.Event()

    @property
    def congested(self) -> bool:
        """Whether more than a mebibyte waits to be taken."""
        return self._size > _HIGH_WATER

    def put(self, stream: StdStream, chunk: bytes) -> None:
        """Queue a chunk; never blocks."""
        self._chunks.append((stream, chunk))
        self._size += len(chunk)
        self._news.set()

    def end(self) -> None:
        """Let the iteration stop after what is queued."""
        self._ended = True
        self._news.set()

    async def stalled(self, patience: float) -> None:
        """Return when others have waited `patience` seconds for this client, in which it took nothing at all."""
        checks = 0
        while checks < _CHECKS:
            before = self.taken
            await anyio.sleep(patience / _CHECKS)
            checks = checks + 1 if self.congested and self.taken == before else 0

    def close(self) -> None:
        """Leave the hub and drop what is queued; idempotent."""
        self._chunks.clear()
        self._size = 0
        self._hub.leave(self)

    async def __aiter__(self) -> AsyncIterator[tuple[StdStream, bytes]]:
        while True:
            while self._chunks:
                stream, chunk = self._chunks.popleft()
                was_congested = self.congested
                self._size -= len(chunk)
                self.taken += 1
                if was_congested and not self.congested:
                    self._hub.relieved()
                yield stream, chunk
            if self._ended:
                return
            self._news = anyio.Event()
            await self._news.wait()


class OutputHub:
    """Spreads a process' output over its subscribers."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._on_relief: set[Callable[[], None]] = set()

    def subscribe(self, *streams: StdStream) -> Subscription:
        """Join; chunks of the given streams are queued from now on."""
        subscription = Subscription(self, frozenset(streams))
        self._subscriptions.add(subscription)
        return subscription

    def publish(self, stream: StdStream, chunk: bytes) -> bool:
        """Queue a chunk for every subscriber of its stream; return whether the reader should pause until `relieved`."""
        congested = False
        for subscription in self._subscriptions:
            if stream in subscription.streams:
                subscription.put(stream, chunk)
                congested = congested or subscription.congested
        return congested

    def once_relieved(self, resume: Callable[[], None]) -> None:
        """Have `resume` called when congestion ends."""
        self._on_relief.add(resume)

    def relieved(self) -> None:
        """Wake paused readers, unless another subscriber is still congested."""
        if any(subscription.congested for subscription in self._subscriptions):
            return
        waiting, self._on_relief = self._on_relief, set()
        for resume in waiting:
            resume()

    def leave(self, subscription: Subscription) -> None:
        """Drop a subscriber; idempotent."""
        self._subscriptions.discard(subscription)
        self.relieved()

    def finish(self) -> None:
        """End every subscription: the process has said its last."""
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions.clear()
        self.relieved()
