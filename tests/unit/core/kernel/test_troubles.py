"""A plugin that raises at each event is told with one traceback."""

import logging

import pytest

from core.kernel.troubles import Troubles


def test_the_first_of_a_sort_has_its_traceback_and_the_others_a_line(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles(logging.getLogger("test"))
    for error in (ValueError("1"), ValueError("2"), KeyError("3")):
        troubles.tell("observer a: on_event", error)
    troubles.tell("observer b: on_event", ValueError("4"))
    told = [(record.getMessage(), record.exc_info is not None) for record in caplog.records]
    assert told == [
        ("observer a: on_event: ValueError: 1", True),
        ("observer a: on_event: ValueError: 2", False),
        ("observer a: on_event: KeyError: '3'", True),
        ("observer b: on_event: ValueError: 4", True),
    ]
