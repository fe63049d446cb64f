"""Whole numbers in texts from outside, as Go's strconv reads them: decimal digits and nothing else, refused in its words; and durations, such
as `1m30s`, as its `time.ParseDuration` does.

Python's `int` also takes spaces, underscores and other scripts' digits, and its error for thousands of digits is no client's fault.
"""

import re

from sdk.text import cleaned

_SIGNED = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_LONGEST = 20
"""Digits of the largest number of 64 bits; more, but for leading zeros, are out of range."""
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]*)", re.DOTALL)
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_FRACTION, _ONE = 19, 10**19
"""Digits of a fraction that count, as further ones are less than a nanosecond; and what they are parts of."""
_LEAST_INT64, _MOST_INT64 = -(1 << 63), (1 << 63) - 1


class BadNumber(ValueError):
    """Text that is no number of the kind; the message is Go's reason."""

    def __init__(self, reason: str = "invalid syntax") -> None:
        super().__init__(reason)


class OutOfRange(BadNumber):
    """Text that is a number, but not one of those that are wanted."""

    def __init__(self) -> None:
        super().__init__("value out of range")


def parse_int64(text: str, least: int = _LEAST_INT64, most: int = _MOST_INT64) -> int:
    """Return a number of 64 bits that may have a sign, and may be held to narrower limits. Raises BadNumber, OutOfRange."""
    if not _SIGNED.fullmatch(text):
        raise BadNumber
    return _limited(text, least, most)


def parse_uint32(text: str) -> int:
    """Return an unsigned number of 32 bits; a negative one is out of range. Raises BadNumber, OutOfRange."""
    digits = text.removeprefix("-")
    number = parse_digits(digits, (1 << 32) - 1)
    if digits != text:
        raise OutOfRange
    return number


def parse_uint16(text: str) -> int:
    """Return an unsigned number of 16 bits. Raises BadNumber, OutOfRange."""
    return parse_digits(text, (1 << 16) - 1)


def parse_digits(text: str, most: int) -> int:
    """Return a number without a sign. Raises BadNumber, OutOfRange."""
    if not _DIGITS.fullmatch(text):
        raise BadNumber
    return _limited(text, 0, most)


def _limited(text: str, least: int, most: int) -> int:
    digits = text.lstrip("+-0")
    if len(digits) > _LONGEST:
        raise OutOfRange
    number = int(digits or 0) * (-1 if text.startswith("-") else 1)
    if not least <= number <= most:
        raise OutOfRange
    return number


class BadDuration(ValueError):
    """Text that is no duration; the message is Go's."""

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(f'time: {fault} duration "{cleaned(text)}"')


def parse_duration(text: str) -> int:
    """Return a duration in nanoseconds, which may be negative. Raises BadDuration."""
    unsigned = text[1:] if text.startswith(("+", "-")) else text
    if unsigned == "0":
        return 0
    total, position = 0, 0
    while position < len(unsigned) or not position:
        part = _PART.match(unsigned, position)
        if part is None or not (part[1] or part[2]):
            raise BadDuration("invalid", text)
        if part[3] not in _NANOSECONDS:
            raise BadDuration(f'unknown unit "{cleaned(part[3])}" in' if part[3] else "missing unit in", text)
        total += _amount(part[1], part[2] or "", _NANOSECONDS[part[3]])
        position = part.end()
    if total > _MOST_INT64:
        raise BadDuration("invalid", text)
    return -total if text.startswith("-") else total


def _amount(whole: str, fraction: str, scale: int) -> int:
    digits = whole.lstrip("0")
    if len(digits) > _LONGEST:
        return _MOST_INT64 + 1
    below = fraction[:_FRACTION].ljust(_FRACTION, "0")
    return int(digits or 0) * scale + int(below) * scale // _ONE
