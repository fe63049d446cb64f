"""Numbers as Go's strconv reads them, at their limits, and durations."""

import pytest

from sdk.numbers import BadDuration, BadNumber, OutOfRange, parse_digits, parse_duration, parse_int64, parse_uint16, parse_uint32

SYNTAX, RANGE = "invalid syntax", "value out of range"
NONE = ["", "+", "-", "x", " 1", "1 ", "1_000", "0x1", "1.0", "1e3", "\u0661", "\u00b2", "--1", "1\n"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("-7", -7),
        ("0" * 5000 + "7", 7),
        ("-" + "0" * 5000, 0),
        ("9223372036854775807", 9_223_372_036_854_775_807),
        ("-9223372036854775808", -9_223_372_036_854_775_808),
    ],
)
def test_64_bits(text: str, number: int) -> None:
    assert parse_int64(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [*((text, SYNTAX) for text in NONE), ("9223372036854775808", RANGE), ("-9223372036854775809", RANGE), ("9" * 5000, RANGE)],
)
def test_what_is_not_in_64_bits(text: str, reason: str) -> None:
    with pytest.raises(BadNumber, match=f"^{reason}$"):
        parse_int64(text)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("4294967295", 4_294_967_295), ("0" * 5000 + "1", 1)])
def test_32_bits_without_a_sign(text: str, number: int) -> None:
    assert parse_uint32(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [*((text, SYNTAX) for text in NONE), ("+1", SYNTAX), ("-1", RANGE), ("-0", RANGE), ("4294967296", RANGE), ("9" * 5000, RANGE)],
)
def test_what_is_not_in_32_bits(text: str, reason: str) -> None:
    with pytest.raises(BadNumber, match=f"^{reason}$"):
        parse_uint32(text)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("65535", 65535), ("00080", 80)])
def test_16_bits_without_a_sign(text: str, number: int) -> None:
    assert parse_uint16(text) == number


@pytest.mark.parametrize(
    ("text", "reason"), [*((text, SYNTAX) for text in NONE), ("+1", SYNTAX), ("-1", SYNTAX), ("65536", RANGE), ("9" * 5000, RANGE)]
)
def test_what_is_not_in_16_bits(text: str, reason: str) -> None:
    with pytest.raises(BadNumber, match=f"^{reason}$"):
        parse_uint16(text)


@pytest.mark.parametrize("text", ["4", "-1", "9" * 5000])
def test_limits_may_be_narrower(text: str) -> None:
    assert [parse_int64("0", 0, 3), parse_int64("+3", 0, 3), parse_digits("003", 3)] == [0, 3, 3]
    with pytest.raises(OutOfRange, match=r"^value out of range$"):
        parse_int64(text, 0, 3)


@pytest.mark.parametrize("text", [*NONE, "+1", "-1", "-0"])
def test_digits_have_no_sign(text: str) -> None:
    with pytest.raises(BadNumber, match=r"^invalid syntax$") as refused:
        parse_digits(text, 3)
    assert not isinstance(refused.value, OutOfRange)
    with pytest.raises(OutOfRange):
        parse_digits("4", 3)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("1s", 10**9),
        ("500ms", 500 * 10**6),
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        (".5s", 500 * 10**6),
        ("1.001s", 1_001_000_000),  # as a floating point number it is a nanosecond less
        ("-2s", -2 * 10**9),
        ("+1us", 1000),
        ("3ns", 3),
        ("-9223372036854775807ns", -9_223_372_036_854_775_807),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid"),
        ("-", "invalid"),
        ("+-1s", "invalid"),
        ("s", "invalid"),
        ("\u0661s", "invalid"),
        ("999999999999999h", "invalid"),
        ("1", "missing unit in"),
        ("1s2", "missing unit in"),
        ("1 s", 'unknown unit "s" in'),
        ("1x", 'unknown unit "x" in'),
    ],
)
def test_what_is_none_is_refused_in_gos_words(text: str, reason: str) -> None:
    with pytest.raises(BadDuration) as refused:
        parse_duration(text)
    assert str(refused.value) == f'time: {reason} duration "{text}"'


def test_a_refusal_is_short() -> None:
    with pytest.raises(BadDuration) as refused:
        parse_duration("9" * 400_000 + "h")
    assert str(refused.value).startswith('time: invalid duration "999')
    assert len(str(refused.value)) < 600
