import pytest

from core.durations import go_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (0.05, "50ms"), (0.0015, "1.5ms"), (0.0000025, "2.5µs"), (1e-9, "1ns"), (1, "1s"), (1.5, "1.5s"), (60, "1m0s"),
        (90.25, "1m30.25s"), (3600, "1h0m0s"), (7201, "2h0m1s"), (0.9999999999, "1s"),
    ],
)  # fmt: skip
def test_durations_are_printed_as_go_does(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text
