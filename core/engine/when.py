"""Moments as clients write them in filters: a Unix time, an RFC 3339 time, or a duration before now."""

import re
from datetime import UTC, datetime

from sdk.errors import InvalidArgument

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_SECONDS = (3600.0, 60.0, 1.0)


def parse_moment(text: str, now_ns: int) -> int:
    """Return a moment as wall-clock nanoseconds. Raises InvalidArgument."""
    seconds, _, fraction = text.partition(".")
    if seconds.isdigit() and (not fraction or fraction.isdigit()):
        return int(seconds) * 1_000_000_000 + int((fraction + "000000000")[:9])
    duration = _DURATION.fullmatch(text)
    if duration and text:
        ago = sum(float(part) * unit for part, unit in zip(duration.groups(), _SECONDS, strict=True) if part)
        return now_ns - int(ago * 1_000_000_000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidArgument(f"invalid time: {text}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000) * 1000
