"""Signal names as clients write them."""

import signal

from sdk.errors import InvalidArgument

_HIGHEST = 64


def parse_signal(text: str) -> int:
    """Return the number of `KILL`, `SIGKILL`, `sigkill`, `9`, `RTMIN+3`. Raises InvalidArgument with Docker's sentence."""
    if text.isascii() and text.isdigit():
        number = int(text)
        if not 0 < number <= _HIGHEST:
            raise InvalidArgument(f"invalid signal: {text}")
        return number
    name = text.upper().removeprefix("SIG")
    base, plus, offset = name.partition("+")
    try:
        number = int(signal.Signals["SIG" + base])
        return number + int(offset) if plus else number
    except (KeyError, ValueError):
        raise InvalidArgument(f"invalid signal: {text}") from None
