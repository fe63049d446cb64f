"""Durations as Go writes them: `1m30s`, `500ms`."""

import re

from plugins.builder_dockerfile.language.errors import DockerfileError

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_LEAST, _TOO_LONG = 10**6, 2**63


def parse_duration(name: str, text: str) -> int:
    """Return nanoseconds; "" and 0 are 0. Raises DockerfileError for what is no duration, or too short."""
    if text in ("", "0"):
        return 0
    found = list(_PART.finditer(text))
    if not found or "".join(match[0] for match in found) != text:
        raise DockerfileError(f'time: invalid duration "{text}"')
    exact = sum(float(match[1]) * _UNITS[match[2]] for match in found)
    if exact >= _TOO_LONG:
        raise DockerfileError(f'time: invalid duration "{text}"')
    total = int(exact)
    if 0 < total < _LEAST:
        raise DockerfileError(f'Interval "{name}" cannot be less than 1ms')
    return total
