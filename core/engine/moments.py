"""Moments as clients write them in filters: a Unix time, an RFC 3339 time, or a duration before now."""

import re
from datetime import UTC, datetime

from sdk.errors import InvalidArgument

_PART = r"(?:([0-9]{1,18}(?:\.[0-9]{1,18})?)%s)?"
_DURATION = re.compile("".join(_PART % unit for unit in "hms"))
_UNIX = re.compile(r"([0-9]{1,18})(?:\.([0-9]{0,20}))?")
_SECONDS = (3600.0, 60.0, 1.0)


def parse_moment(text: str, now_ns: int) -> int:
    """Return a moment as wall-clock nanoseconds. Raises InvalidArgument."""
    if unix := _UNIX.fullmatch(text):
        return int(unix[1]) * 1_000_000_000 + int((unix[2] or "").ljust(9, "0")[:9])
    duration = _DURATION.fullmatch(text)
    if duration and text:
        ago = sum(float(part) * unit for part, unit in zip(duration.groups(), _SECONDS, strict=True) if part)
        return now_ns - int(ago * 1_000_000_000)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1_000_000) * 1000
    except (ValueError, OverflowError):
        raise InvalidArgument(f"invalid time: {text}") from None
