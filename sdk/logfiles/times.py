"""Times as Go writes them."""

import time

_BILLION = 10**9


def rfc3339_nano(time_ns: int) -> str:
    """Return wall-clock nanoseconds as RFC3339Nano in UTC: Go leaves out trailing zeros of the fraction."""
    seconds, fraction = divmod(time_ns, _BILLION)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else text + "Z"
