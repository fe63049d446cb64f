"""Whole numbers of a Dockerfile, as Go's `strconv.ParseInt` reads them; a plus before one is refused."""

import re

_DIGITS = {8: re.compile(r"(-?)0*([0-7]{1,22})"), 10: re.compile(r"(-?)0*([0-9]{1,19})")}


def whole_number(text: str, base: int = 10, bits: int = 64) -> int | None:
    """Return a number, None for what is none in this base or needs more bits, the sign's included. Zeros may lead it, however many."""
    match = _DIGITS[base].fullmatch(text)
    if match is None:
        return None
    number = int(match[1] + match[2], base)
    return number if -1 << (bits - 1) <= number < 1 << (bits - 1) else None
