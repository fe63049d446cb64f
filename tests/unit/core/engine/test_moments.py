"""Moments in filters."""

import pytest

from core.engine.moments import parse_moment
from sdk.errors import InvalidArgument

NOW = 1_700_000_000_000_000_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1600000000", 1_600_000_000_000_000_000),
        ("1600000000.", 1_600_000_000_000_000_000),
        ("1600000000.5", 1_600_000_000_500_000_000),
        ("1h30m", NOW - 5_400_000_000_000),
        ("10s", NOW - 10_000_000_000),
        ("1500ms", NOW - 1_500_000_000),
        ("1m0.5s3us", NOW - 60_500_003_000),
        ("30m1h", NOW - 5_400_000_000_000),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T22:13:20", NOW),
    ],
)
def test_parse(text, moment):
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "10x",
        "²",
        "²h",
        "\u0661",
        "9" * 5000,
        "9" * 5000 + "h",
        "1.x",
        "-5",
        "-5m",
        "5m-",
        "2023-99-01",
        "0000-01-01T00:00:00Z",
    ],
)
def test_refused(text):
    with pytest.raises(InvalidArgument):
        parse_moment(text, NOW)
