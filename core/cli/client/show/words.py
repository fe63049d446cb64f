"""Sizes, ages and IDs as people read them."""

import re
import time
from datetime import datetime, timezone

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = (
    (31_536_000, "year"),
    (2_592_000, "month"),
    (604_800, "week"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhd])")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


def short(identity: str) -> str:
    """Return the twelve digits by which an ID is shown."""
    return identity.removeprefix("sha256:")[:12]


def size(count: float) -> str:
    """Return bytes in decimal units: 4.27MB."""
    return _scaled(count, 1000, _DECIMAL, 3)


def memory(count: float) -> str:
    """Return bytes in binary units: 4.27MiB."""
    return _scaled(count, 1024, _BINARY, 4)


def age(seconds: float) -> str:
    """Return how long ago a Unix time was: "3 hours ago"."""
    span = max(0.0, time.time() - seconds)
    for length, unit in _SPANS:
        if span >= 2 * length or (unit == "second"):
            count = int(span // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago" if count else "Less than a second ago"
    return ""


def moment(text: str) -> str:
    """Return a point in time for the API: a duration such as `10m` or `1h30m` counts back from now, all else is passed on."""
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
        return f"{time.time() - seconds:.9f}"
    try:
        return f"{datetime.fromisoformat(text).astimezone(timezone.utc).timestamp():.6f}"  # noqa: UP017
    except ValueError:
        return text


def _scaled(count: float, base: int, units: tuple[str, ...], digits: int) -> str:
    index = 0
    # As it is shown: 999.6 bytes are 1kB, not 1e+03B.
    while float(f"{count:.{digits}g}") >= base and index < len(units) - 1:
        count /= base
        index += 1
    return f"{count:.{digits}g}{units[index]}"
