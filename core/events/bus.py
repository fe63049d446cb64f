"""The event bus: a ring of recent events and one bounded queue per subscriber. Publishing never blocks."""

import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from sdk.events import Event, EventType

_RING = 256
_BACKLOG = 1024

_log = logging.getLogger(__name__)


class EventBus:
    """Delivers events to subscribers in order. A subscriber that falls 1024 events behind is dropped; its iterator ends."""

    def __init__(self, observe: Callable[[Event], None] = lambda _event: None) -> None:
        self._ring: deque[Event] = deque(maxlen=_RING)
        self._subscribers: set[MemoryObjectSendStream[Event]] = set()
        self._observe = observe
        self._published = 0

    @property
    def published(self) -> int:
        """How many events there were."""
        return self._published

    @property
    def subscribers(self) -> int:
        """How many streams are open."""
        return len(self._subscribers)

    def publish(self, event: Event) -> None:
        """Record an event and hand it to every subscriber."""
        self._ring.append(event)
        self._published += 1
        for subscriber in tuple(self._subscribers):
            try:
                subscriber.send_nowait(event)
            except anyio.WouldBlock:
                _log.warning("an event subscriber fell %d events behind and was dropped", _BACKLOG)
                self._drop(subscriber)
            except anyio.BrokenResourceError:
                self._drop(subscriber)
        self._observe(event)

    def emit(self, kind: EventType, action: str, actor: str, attributes: Mapping[str, str] | None = None) -> None:
        """Publish an event that happens now."""
        self.publish(Event(kind, action, actor, time.time_ns(), attributes or {}))

    def subscribe(self, since_ns: int | None = None) -> AsyncIterator[Event]:
        """Return an iterator over events from now on, preceded by those of the ring at or after `since_ns` (None: none).

        Snapshot and registration happen together, so no event falls between them.
        """
        send, receive = anyio.create_memory_object_stream[Event](_BACKLOG)
        replay = [event for event in self._ring if since_ns is not None and event.time_ns >= since_ns]
        self._subscribers.add(send)

        async def events() -> AsyncIterator[Event]:
            try:
                with receive:
                    for event in replay:
                        yield event
                    async for event in receive:
                        yield event
            finally:
                self._drop(send)

        return events()

    def _drop(self, subscriber: MemoryObjectSendStream[Event]) -> None:
        self._subscribers.discard(subscriber)
        subscriber.close()
