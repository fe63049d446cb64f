"""Signals by name and number."""

import pytest

from core.containers.process.signals import parse_signal, stop_signal
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("KILL", 9),
        ("SIGTERM", 15),
        ("sigint", 2),
        ("1", 1),
        ("RTMIN+3", 37),
        ("SIGRTMAX", 64),
        ("sigrtmax-14", 50),
        ("RTMIN+15", 49),
        ("64", 64),
        ("007", 7),
        ("IO", 29),
        ("SIGPOLL", 29),
        ("CLD", 17),
        ("iot", 6),
        ("STKFLT", 16),
    ],
)
def test_parse(text, number):
    assert parse_signal(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "65",
        "NOPE",
        "",
        "SIG",
        "-1",
        "RTMIN+16",
        "RTMAX-15",
        "TERM+1",
        "RTMIN+ 3",
        "TERM ",
        "TERM,INT",
        "SIGSIGTERM",
        "9" * 5000,
        "1_0",
        "\u0661",
    ],
)
def test_refused(text):
    with pytest.raises(InvalidArgument, match="invalid signal"):
        parse_signal(text)


@pytest.mark.parametrize(("configured", "number"), [("", 15), ("INT", 2), ("NOSUCH", 15), ("0", 15), ("TERM,INT", 15)])
def test_a_container_can_be_stopped_whatever_its_image_says(configured, number):
    assert stop_signal(configured) == number
