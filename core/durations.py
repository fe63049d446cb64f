"""Durations as Go prints them, and so Docker."""

_SECOND = 1_000_000_000
_UNITS = ((1_000_000, "ms"), (1_000, "µs"), (1, "ns"))


def go_duration(seconds: float) -> str:
    """Return a duration of at least no time: `50ms`, `1.5s`, `1m0s`, `2h0m1s`."""
    nanoseconds = round(seconds * _SECOND)
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < _SECOND:
        unit, name = next((unit, name) for unit, name in _UNITS if nanoseconds >= unit)
        return _number(nanoseconds, unit) + name
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    whole = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{whole}{_number(rest, _SECOND)}s"


def _number(nanoseconds: int, unit: int) -> str:
    whole, fraction = divmod(nanoseconds, unit)
    digits = f"{fraction:0{len(str(unit)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)
