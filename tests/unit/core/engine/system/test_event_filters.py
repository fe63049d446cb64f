import pytest

from core.engine.system.event_filters import selects
from core.events.bus import EventBus
from sdk.engine.containers import Filters
from sdk.engine.system import EventsRequest
from sdk.events import Event, EventType

ID = "a" * 64
STARTED = Event(EventType.CONTAINER, "start", ID, 1, {"name": "web", "image": "host:5000/app:1", "project": "x", "service": "web"})
JOINED = Event(EventType.NETWORK, "connect", "b" * 64, 2, {"name": "web", "container": ID, "type": "bridge"})
MOUNTED = Event(EventType.VOLUME, "mount", "webdata", 3, {"container": ID, "driver": "local"})
HEALTHY = Event(EventType.CONTAINER, "health_status: healthy", ID, 4, {"name": "web"})
PULLED = Event(EventType.IMAGE, "pull", "alpine:3", 5, {"name": "alpine"})

_FAR_AHEAD = 10_000_000_000 * 10**9
"""A moment of the year 2286."""


@pytest.mark.parametrize(
    ("filters", "is_told"),
    [
        ({}, True),
        ({"label": ("project=x",)}, True),
        ({"label": ("project=x", "service=web")}, True),
        ({"label": ("project=x", "service=db")}, False),
        ({"event": ("die", "start")}, True),
        ({"event": ("die",)}, False),
        ({"event": ("sta",)}, False),
        ({"image": ("host:5000/app",)}, True),
        ({"image": ("host:5000/app:1",)}, True),
        ({"image": ("host",)}, False),
        ({"container": ("we",)}, True),
        ({"container": ("eb",)}, False),
    ],
)
def test_any_value_of_a_key_but_every_label(filters: Filters, is_told: bool) -> None:
    assert selects(STARTED, EventsRequest(filters=filters)) is is_told


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"container": (ID,)}, [STARTED, HEALTHY]),
        ({"container": (ID[:12],)}, [STARTED, HEALTHY]),
        ({"container": ("web",)}, [STARTED, HEALTHY]),
        ({"network": ("web",)}, [JOINED]),
        ({"network": (ID,)}, []),
        ({"volume": ("webd",)}, [MOUNTED]),
        ({"image": ("alpine",)}, [PULLED]),
        ({"image": ("alpine:3",)}, [PULLED]),
        ({"image": ("alp",)}, []),
        ({"event": ("health_status",)}, [HEALTHY]),
        ({"event": ("health_status: healthy",)}, [HEALTHY]),
        ({"event": ("health_status: unhealthy",)}, []),
        ({"type": ("container",), "container": ("web", "other")}, [STARTED, HEALTHY]),
        ({"service": ("web",)}, []),
    ],
)
def test_a_filter_by_an_object_tells_of_that_object_only(filters: Filters, told: list[Event]) -> None:
    everything = [STARTED, JOINED, MOUNTED, HEALTHY, PULLED]
    assert [event for event in everything if selects(event, EventsRequest(filters=filters))] == told


@pytest.mark.anyio
@pytest.mark.parametrize(("since_ns", "replayed"), [(None, 0), (0, 1), (1, 1), (_FAR_AHEAD, 0)])
async def test_the_ring_is_replayed_from_any_moment_and_1970_is_one(since_ns: int | None, replayed: int) -> None:
    bus = EventBus()
    bus.emit(EventType.CONTAINER, "start", ID)
    events = bus.subscribe(since_ns)
    bus.emit(EventType.CONTAINER, "die", ID)
    told = [(await anext(events)).action for _ in range(replayed + 1)]
    await events.aclose()
    assert told == ["start", "die"][1 - replayed :]
