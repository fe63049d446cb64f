"""Sizes in binary units, as Docker's daemon and client read those of memory."""

import re

_SHIFTS = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:b|([kmgtp])(?:i?b)?)?", re.IGNORECASE)
_LARGEST = 2**63 - 1


def binary_size(text: str) -> int | None:
    """Return the bytes of a size such as `64m`, `64 MB` or `1.5GiB`, where k is 1024; None for any other text, and beyond an int64."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    count = float(match[1]) * (1 << _SHIFTS[(match[2] or "b").lower()])
    return int(count) if count <= _LARGEST else None
