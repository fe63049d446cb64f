"""Whole numbers in texts from outside, as Go's strconv reads them: decimal digits and nothing else, refused in its words.

Python's `int` also takes spaces, underscores and other scripts' digits, and its error for thousands of digits is no client's fault.
"""

import re

_SIGNED = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_LONGEST = 20
"""Digits of the largest number of 64 bits; more, but for leading zeros, are out of range."""
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
