"""Durations as Go writes them: `1m30s`, `500ms`."""

import re

from plugins.builder_dockerfile.language.errors import DockerfileError
from sdk.text import cleaned

_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]*)", re.DOTALL)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_LEAST, _TOO_LONG = 10**6, 2**63
_DIGITS, _WHOLE = 19, 10**19
"""Digits of a number that may fit into 64 bits; of a fraction more are less than a nanosecond."""


def parse_duration(name: str, text: str) -> int:
    """Return nanoseconds; "" and 0 are 0. Raises DockerfileError for what is no duration, or too short."""
    total = _nanoseconds(text) if text else 0
    if total and total < _LEAST:
        raise DockerfileError(f'Interval "{name}" cannot be less than 1ms')
    return total


def _nanoseconds(text: str) -> int:
    unsigned = text[1:] if text[0] in "+-" else text
    if unsigned == "0":
        return 0
    total, position = 0, 0
    while position < len(unsigned) or not position:
        part = _PART.match(unsigned, position)
        if part is None or not (part[1] or part[2]):
            raise _invalid("invalid", text)
        total += _amount(part[1], part[2] or "", _scale(part[3], text))
        position = part.end()
    if total >= _TOO_LONG:
        raise _invalid("invalid", text)
    return -total if text[0] == "-" else total


def _scale(unit: str, text: str) -> int:
    if unit not in _UNITS:
        raise _invalid(f'unknown unit "{cleaned(unit)}" in' if unit else "missing unit in", text)
    return _UNITS[unit]


def _amount(whole: str, fraction: str, scale: int) -> int:
    digits = whole.lstrip("0")
    if len(digits) > _DIGITS:
        return _TOO_LONG
    below = fraction[:_DIGITS].ljust(_DIGITS, "0")
    return int(digits or 0) * scale + int(below) * scale // _WHOLE


def _invalid(reason: str, text: str) -> DockerfileError:
    return DockerfileError(f'time: {reason} duration "{cleaned(text)}"')
