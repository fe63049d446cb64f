"""Numbers are read as far as Go reads them; longer ones are none."""

import pytest

from plugins.builder_dockerfile.language.durations import parse_duration
from plugins.builder_dockerfile.language.mountflags import parse_size
from plugins.builder_dockerfile.language.numbers import whole_number


@pytest.mark.parametrize(
    ("text", "base", "bits", "number"),
    [
        ("0", 10, 64, 0),
        ("-12", 10, 64, -12),
        ("9223372036854775807", 10, 64, 2**63 - 1),
        ("9223372036854775808", 10, 64, None),
        ("-9223372036854775808", 10, 64, -(2**63)),
        ("-9223372036854775809", 10, 64, None),
        ("2147483648", 10, 32, None),
        ("4294967295", 10, 33, 2**32 - 1),
        ("0" * 5000 + "7", 10, 64, 7),
        ("9" * 5000, 10, 64, None),
        ("0755", 8, 33, 0o755),
        ("0o755", 8, 33, None),
        ("8", 8, 33, None),
        ("7" * 5000, 8, 64, None),
        ("", 10, 64, None),
        ("-", 10, 64, None),
        ("+1", 10, 64, None),
        ("1_0", 10, 64, None),
        (" 1", 10, 64, None),
        ("1\n", 10, 64, None),
        ("²", 10, 64, None),
        ("٣", 10, 64, None),
    ],
)
def test_a_whole_number(text: str, base: int, bits: int, number: int | None) -> None:
    assert whole_number(text, base, bits) == number


def test_the_longest_duration_and_the_largest_size() -> None:
    assert parse_duration("interval", "2562047h") == 2562047 * 3600 * 10**9
    assert parse_size("8388607t") == 8388607 << 40
