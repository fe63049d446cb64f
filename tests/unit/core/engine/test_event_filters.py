import pytest

from core.engine.system import selects
from sdk.engine.containers import Filters
from sdk.engine.system import EventsRequest
from sdk.events import Event, EventType

STARTED = Event(EventType.CONTAINER, "start", "a" * 64, 1, {"name": "web", "image": "busybox", "project": "x", "service": "web"})


@pytest.mark.parametrize(
    ("filters", "is_told"),
    [
        ({}, True),
        ({"label": ("project=x",)}, True),
        ({"label": ("project=x", "service=web")}, True),
        ({"label": ("project=x", "service=db")}, False),
        ({"event": ("die", "start")}, True),
        ({"event": ("die",)}, False),
    ],
)
def test_any_value_of_a_key_but_every_label(filters: Filters, is_told: bool) -> None:
    assert selects(STARTED, EventsRequest(filters=filters)) is is_told
