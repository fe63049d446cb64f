import pytest

from core.images.timestamps import nanoseconds, rfc3339


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
        ("2024-01-02T03:04:05.123456789Z", 1_704_164_645_123_456_789),
        ("0001-01-01T00:00:00Z", 0),
        ("2024-13-01T00:00:00Z", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_times_are_read(text: str, expected: int) -> None:
    assert nanoseconds(text) == expected


def test_what_is_written_is_read_again() -> None:
    assert rfc3339(1_704_164_645_123_456_789) == "2024-01-02T03:04:05.123456789Z"
    assert nanoseconds(rfc3339(1_704_164_645_000_000_001)) == 1_704_164_645_000_000_001
