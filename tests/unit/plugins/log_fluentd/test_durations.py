"""Go's durations."""

import pytest

from plugins.log_fluentd.durations import parse_duration
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("1s", 1), ("500ms", 0.5), ("1m30s", 90), ("1.5h", 5400), (".5s", 0.5), ("-2s", -2), ("+1us", 1e-6), ("3ns", 3e-9)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "1 s", "1x", "1s2", "9" * 400 + "h", "999999999999999h", "١s"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^time: invalid duration "):
        parse_duration(text)
