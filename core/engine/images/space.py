"""Space on disk as people write it: bytes with a unit, or a part of the file system."""

import os
import re
from pathlib import Path

from sdk.errors import InvalidArgument

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(%|[kmgtp]?(i?)b?)", re.IGNORECASE)
_POWERS = "kmgtp"


def missing_space(text: str, directory: Path) -> int:
    """Return how many bytes the file system of a directory lacks of having this much free: `20%`, `10GB`, `512MiB`. 0 if it has.

    Raises InvalidArgument.
    """
    status = os.statvfs(directory)
    return max(parse_space(text, status.f_blocks * status.f_frsize) - status.f_bavail * status.f_frsize, 0)


def parse_space(text: str, whole: int) -> int:
    """Return an amount in bytes; a percentage is one of `whole`. Raises InvalidArgument."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InvalidArgument(f"invalid size: '{text}'")
    number, unit = float(match[1]), match[2].lower()
    if unit == "%":
        return int(whole * number / 100)
    base = 1024 if match[3] else 1000
    return int(number * base ** (_POWERS.find(unit[:1]) + 1 if unit[:1] in _POWERS and unit else 0))
