"""RFC 3339 times of image configurations."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)")


def nanoseconds(text: str) -> int:
    """Return an RFC 3339 time as nanoseconds since the epoch, 0 for anything that is none."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return 0
    seconds, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(seconds.upper().replace(" ", "T") + ("+00:00" if zone in "Zz" else zone))
    except ValueError:
        return 0
    return max(0, int(moment.timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0")))


def rfc3339(time_ns: int) -> str:
    """Return a time in nanoseconds as RFC 3339 in UTC with nine digits."""
    seconds, fraction = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
