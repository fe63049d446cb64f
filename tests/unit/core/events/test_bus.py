"""Events to all who listen, in order; the past for those who ask; no publisher waits for a client."""

import time
from collections.abc import AsyncIterator

import anyio
import pytest

from core.events.bus import EventBus
from sdk.events import Event, EventType

pytestmark = [pytest.mark.anyio]


def event(number: int) -> Event:
    return Event(EventType.CONTAINER, "start", f"c{number}", number)


async def take(events: AsyncIterator[Event], count: int) -> list[int]:
    with anyio.fail_after(20):
        return [(await anext(events)).time_ns for _ in range(count)]


async def test_every_subscriber_gets_every_event_from_then_on() -> None:
    bus = EventBus()
    bus.publish(event(1))
    first, second = bus.subscribe(), bus.subscribe()
    bus.publish(event(2))
    bus.publish(event(3))
    assert await take(first, 2) == await take(second, 2) == [2, 3]
    assert bus.subscribers == 2
    for events in (first, second):
        await events.aclose()
    assert bus.subscribers == 0


@pytest.mark.parametrize(("since", "expected"), [(None, []), (0, [1, 2, 3]), (2, [2, 3]), (3, [3]), (4, [])])
async def test_the_past_comes_first_and_the_present_follows_without_a_gap(since: int | None, expected: list[int]) -> None:
    bus = EventBus()
    for number in (1, 2, 3):
        bus.publish(event(number))
    events = bus.subscribe(since)
    bus.publish(event(9))
    assert await take(events, len(expected) + 1) == [*expected, 9]
    await events.aclose()


async def test_the_last_256_events_are_remembered() -> None:
    bus = EventBus()
    for number in range(300):
        bus.publish(event(number))
    events = bus.subscribe(0)
    assert await take(events, 256) == list(range(44, 300))
    await events.aclose()


async def test_who_falls_too_far_behind_gets_what_is_queued_and_then_the_end() -> None:
    bus = EventBus()
    slow, other = bus.subscribe(), bus.subscribe()
    for number in range(1024):
        bus.publish(event(number))
    assert (await take(other, 1024))[-1] == 1023
    bus.publish(event(1024))
    assert bus.subscribers == 1
    assert [found.time_ns async for found in slow] == list(range(1024))
    assert await take(other, 1) == [1024]
    await other.aclose()


async def test_whoever_observes_sees_each_event_once_also_when_no_client_does() -> None:
    seen: list[Event] = []
    bus = EventBus(seen.append)
    before = time.time_ns()
    bus.emit(EventType.IMAGE, "pull", "busybox:latest", {"name": "busybox"})
    bus.emit(EventType.DAEMON, "reload", "id")
    assert [(found.type, found.action, found.actor, dict(found.attributes)) for found in seen] == [
        (EventType.IMAGE, "pull", "busybox:latest", {"name": "busybox"}),
        (EventType.DAEMON, "reload", "id", {}),
    ]
    assert all(before <= found.time_ns <= time.time_ns() for found in seen)
