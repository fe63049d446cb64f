"""Durations as Go writes them: `500ms`, `1m30s`."""

import re

from sdk.errors import InvalidArgument
from sdk.text import cleaned

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:ns|us|µs|μs|ms|s|m|h)"
_DURATION = re.compile(rf"([+-]?)(0|(?:{_PART})+)", re.ASCII)
_AMOUNT = re.compile(r"([0-9.]+)([^0-9.]+)", re.ASCII)
_LONGEST = 2**63 / 1e9


def parse_duration(text: str) -> float:
    """Return seconds. Raises InvalidArgument in the words of Go's `time.ParseDuration`."""
    match = _DURATION.fullmatch(text)
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in _AMOUNT.findall(match[2])) if match else _LONGEST
    if match is None or seconds >= _LONGEST:
        raise InvalidArgument(f'time: invalid duration "{cleaned(text)}"')
    return -seconds if match[1] == "-" else seconds
