"""Numbers in queries as Go's strconv reads them: decimal digits and nothing else, within their width, and refused in its words."""

import re

from sdk.errors import InvalidArgument

SYNTAX, RANGE = "invalid syntax", "value out of range"
_SIGNED = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_LONGEST = 20
"""Digits of the largest number of 64 bits; more, but for leading zeros, are out of range."""


class BadNumber(ValueError):
    """Text that is no number of the kind; the message is Go's reason."""


def parse_int64(text: str) -> int:
    """Return a signed number of 64 bits. Raises BadNumber."""
    if not _SIGNED.fullmatch(text):
        raise BadNumber(SYNTAX)
    return _limited(text, -(1 << 63), (1 << 63) - 1)


def parse_uint32(text: str) -> int:
    """Return an unsigned number of 32 bits; a negative one is out of range. Raises BadNumber."""
    digits = text.removeprefix("-")
    if not _DIGITS.fullmatch(digits):
        raise BadNumber(SYNTAX)
    number = _limited(digits, 0, (1 << 32) - 1)
    if digits != text:
        raise BadNumber(RANGE)
    return number


def parse_uint16(text: str) -> int:
    """Return an unsigned number of 16 bits. Raises BadNumber."""
    if not _DIGITS.fullmatch(text):
        raise BadNumber(SYNTAX)
    return _limited(text, 0, (1 << 16) - 1)


def read_int(text: str | int) -> int:
    """Return a query's number. Raises InvalidArgument in the words of Go's `Atoi`."""
    if isinstance(text, int):
        return text
    try:
        return parse_int64(text)
    except BadNumber as error:
        raise InvalidArgument(f'strconv.Atoi: parsing "{text}": {error}') from None


def _limited(text: str, lowest: int, highest: int) -> int:
    digits = text.lstrip("+-0")
    if len(digits) > _LONGEST:
        raise BadNumber(RANGE)
    number = int(digits or 0) * (-1 if text.startswith("-") else 1)
    if not lowest <= number <= highest:
        raise BadNumber(RANGE)
    return number
