"""Moments as clients write them in filters: a Unix time, an RFC 3339 time, or a duration before now."""

import re
from contextlib import suppress
from datetime import UTC, datetime

from sdk.errors import InvalidArgument
from sdk.numbers import BadDuration, parse_duration

_UNIX = re.compile(r"([0-9]{1,18})(?:\.([0-9]{0,20}))?")


def parse_moment(text: str, now_ns: int) -> int:
    """Return a moment as wall-clock nanoseconds. Raises InvalidArgument."""
    if unix := _UNIX.fullmatch(text):
        return int(unix[1]) * 1_000_000_000 + int((unix[2] or "").ljust(9, "0")[:9])
    if not text.startswith("-"):  # with a minus it would be a moment to come, before which everything is
        with suppress(BadDuration):
            return now_ns - parse_duration(text)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1_000_000) * 1000
    except (ValueError, OverflowError):
        raise InvalidArgument(f"invalid time: {text}") from None
