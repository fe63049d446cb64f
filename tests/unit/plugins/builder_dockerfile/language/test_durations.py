"""Durations of a HEALTHCHECK."""

import pytest

from plugins.builder_dockerfile.language.durations import parse_duration
from plugins.builder_dockerfile.language.errors import DockerfileError


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("", 0),
        ("0", 0),
        ("+0", 0),
        ("-0", 0),
        ("0s", 0),
        ("1ms", 1_000_000),
        ("1.001s", 1_001_000_000),  # as a floating point number it is a nanosecond less
        ("0.0020000009s", 2_000_000),
        (".5s", 500_000_000),
        ("2.s", 2_000_000_000),
        ("1h2m3s4ms", 3_723_004_000_000),
        ("3s1s", 4_000_000_000),
        ("1000us", 1_000_000),
        ("1000µs", 1_000_000),
        ("1000μs", 1_000_000),
        ("1000000ns", 1_000_000),
        ("+1s", 1_000_000_000),
        ("0" * 5000 + "1s", 1_000_000_000),
        (f"1.{'0' * 5000}1s", 1_000_000_000),
        ("9223372036854775807ns", 9_223_372_036_854_775_807),
    ],
)
def test_a_duration_is_exact(text: str, nanoseconds: int) -> None:
    assert parse_duration("interval", text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", 'time: invalid duration "x"'),
        ("+", 'time: invalid duration "+"'),
        (".s", 'time: invalid duration ".s"'),
        ("1s-", 'time: unknown unit "s-" in duration "1s-"'),
        ("5", 'time: missing unit in duration "5"'),
        ("1s5", 'time: missing unit in duration "1s5"'),
        ("1d", 'time: unknown unit "d" in duration "1d"'),
        ("1 s", 'time: unknown unit "s" in duration "1 s"'),
        ("٣s", 'time: invalid duration "٣s"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("2562048h", 'time: invalid duration "2562048h"'),
        ("9" * 5000 + "s", 'time: invalid duration "'),
        ("999999ns", 'Interval "interval" cannot be less than 1ms'),
        ("-5s", 'Interval "interval" cannot be less than 1ms'),
    ],
)
def test_a_refusal_is_gos(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as refused:
        parse_duration("interval", text)
    assert str(refused.value).startswith(message)
    assert len(str(refused.value)) < 600
