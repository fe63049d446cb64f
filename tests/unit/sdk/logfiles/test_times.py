"""Times as Go writes them."""

import pytest

from sdk.logfiles.times import rfc3339_nano


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20.12Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
    ],
)
def test_trailing_zeros_are_left_out(time_ns: int, text: str) -> None:
    assert rfc3339_nano(time_ns) == text
