"""Numbers as Go's strconv reads them, at their limits."""

import pytest

from sdk.numbers import BadNumber, OutOfRange, parse_digits, parse_int64, parse_uint16, parse_uint32

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
