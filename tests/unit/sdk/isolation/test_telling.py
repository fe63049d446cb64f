"""A process that says too much is heard in part, and how much is missing is told."""

import logging
from collections.abc import Mapping
from typing import cast

from sdk.events import Event, EventType
from sdk.isolation.frames import FromPlugin, Happened, Logged, encode, from_plugin
from sdk.isolation.telling import A_SECOND, Allowance, ToldEvents, ToldLog


def test_so_many_pass_in_a_second_and_the_others_are_counted_once() -> None:
    now = 5.0
    allowance = Allowance(3, lambda: now)
    assert [allowance.take() for _ in range(5)] == [(True, 0)] * 3 + [(False, 0)] * 2
    now = 6.1
    assert [allowance.take() for _ in range(4)] == [(True, 2), (True, 0), (True, 0), (False, 0)]


def test_records_of_a_log_are_sent_and_a_flood_is_cut() -> None:
    sent: list[FromPlugin] = []
    log = logging.Logger("odd", logging.INFO)
    handler = ToldLog(sent.append)
    log.addHandler(handler)
    log.info("a %s", "b\udcff")
    log.debug("below the level")
    assert sent == [Logged(logging.INFO, "a b?")]
    for _ in range(3 * A_SECOND):
        log.info("again")
    assert A_SECOND <= len(sent) <= 2 * A_SECOND + 2  # a second may end in the middle


def test_a_long_record_is_cut() -> None:
    sent: list[FromPlugin] = []
    log = logging.Logger("odd")
    log.addHandler(ToldLog(sent.append))
    log.warning("x" * (1 << 20))
    assert isinstance(sent[0], Logged)
    assert len(sent[0].message) == 16 << 10


def test_an_event_is_sent_with_all_it_has() -> None:
    sent: list[FromPlugin] = []
    ToldEvents(sent.append).publish(Event(EventType.VOLUME, "mount", "v", 7, {"a": "b"}))
    assert sent == [Happened("volume", "mount", "v", 7, {"a": "b"}, "local")]


def test_attributes_of_an_event_are_text() -> None:
    """Anything else would end the connection."""
    sent: list[FromPlugin] = []
    attributes = cast(Mapping[str, str], {"size": 3})
    ToldEvents(sent.append).publish(Event(EventType.VOLUME, "mount", "v", 1, attributes))
    (frame,) = sent
    assert from_plugin(encode(frame)[4:]) == Happened("volume", "mount", "v", 1, {"size": "3"}, "local")
