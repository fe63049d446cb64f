"""Times as Docker writes them. All engine times are wall-clock nanoseconds, 0 for never."""

import time
from functools import lru_cache

ZERO = "0001-01-01T00:00:00Z"
_SECOND = 10**9


@lru_cache(maxsize=256)
def _whole_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def rfc3339_nano(at_ns: int) -> str:
    """Return Go's RFC3339Nano: the fraction has no trailing zeros; never is year 1."""
    if at_ns == 0:
        return ZERO
    seconds, nanos = divmod(at_ns, _SECOND)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{_whole_second(seconds)}{fraction}Z"


def rfc3339_seconds(at_ns: int) -> str:
    """Return whole seconds."""
    return f"{_whole_second(at_ns // _SECOND)}Z"


def rfc3339_fixed(at_ns: int) -> str:
    """Return nine digits always, as before log lines."""
    seconds, nanos = divmod(at_ns, _SECOND)
    return f"{_whole_second(seconds)}.{nanos:09d}Z"


def unix_seconds(at_ns: int) -> int:
    """Return whole seconds since 1970."""
    return at_ns // _SECOND


_MINUTE, _HOUR = 60, 3600
_STEPS = (
    (48 * _HOUR, 1, "hours"),
    (14 * 24 * _HOUR, 24, "days"),
    (60 * 24 * _HOUR, 24 * 7, "weeks"),
    (2 * 365 * 24 * _HOUR, 24 * 30, "months"),
)


def human_duration(elapsed_ns: int) -> str:
    """Return a length of time in the words of `docker ps`."""
    seconds = max(elapsed_ns, 0) // _SECOND
    if seconds < 1:
        return "Less than a second"
    if seconds < _MINUTE:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if seconds < _HOUR:
        return "About a minute" if seconds < 2 * _MINUTE else f"{seconds // _MINUTE} minutes"
    hours = (seconds + _HOUR // 2) // _HOUR
    if hours == 1:
        return "About an hour"
    for limit, divisor, unit in _STEPS:
        if hours * _HOUR < limit:
            return f"{hours // divisor} {unit}"
    return f"{hours // (24 * 365)} years"
