"""What a process says is heard in measure, and published only if it is the driver's to say."""

import logging
from dataclasses import replace

import pytest

from core.kernel.isolation.opening import Heard
from sdk.events import Event, EventType
from sdk.isolation.frames import Happened, Logged
from sdk.isolation.telling import A_SECOND
from sdk.providers import Kind, PluginContext


@pytest.fixture
def heard(plugin_context: PluginContext, caplog: pytest.LogCaptureFixture) -> Heard:
    caplog.set_level(logging.DEBUG)
    return Heard(Kind.VOLUME, replace(plugin_context, log=logging.getLogger("plugins.odd")))


def test_records_and_lines_are_logged_as_the_plugins(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    heard.ears.logged(Logged(logging.WARNING, "a %s"))
    heard.ears.logged(Logged(10**6, "too high a level"))
    heard.ears.logged(Logged(-1, "too low a level"))
    heard.said("a line")
    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        ("plugins.odd", logging.WARNING, "a %s"),
        ("plugins.odd", logging.CRITICAL, "too high a level"),
        ("plugins.odd", logging.DEBUG, "too low a level"),
        ("plugins.odd", logging.INFO, "a line"),
    ]


def test_events_of_the_drivers_kind_are_published_and_no_others(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    heard.ears.happened(Happened("volume", "mount", "v", 7, {"a": "b"}, "local"))
    heard.ears.happened(Happened("container", "die", "c", 7, {}, "local"))
    heard.ears.happened(Happened("no such type" * 100, "die", "c", 7, {}, "local"))
    assert list(heard._context.events) == [Event(EventType.VOLUME, "mount", "v", 7, {"a": "b"})]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert max(len(record.getMessage()) for record in caplog.records) < 200


def test_a_flood_is_cut_short(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5 * A_SECOND):
        heard.said("again")
    assert len(caplog.records) <= 2 * A_SECOND + 1  # a second may end in the middle


def test_a_flood_of_records_leaves_room_for_events(heard: Heard) -> None:
    for _ in range(5 * A_SECOND):
        heard.said("again")
    heard.ears.happened(Happened("volume", "mount", "v", 7, {}, "local"))
    assert len(list(heard._context.events)) == 1
