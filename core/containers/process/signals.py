"""Signal names as clients write them."""

import re
import signal

from sdk.errors import InvalidArgument
from sdk.oci.signals import HIGHEST_SIGNAL, SIGNALS

_NUMBER = re.compile(r"\+?[0-9]{1,9}", re.ASCII)


def parse_signal(text: str) -> int:
    """Return the number of `KILL`, `SIGKILL`, `sigkill`, `9`, `RTMIN+3`, `RTMAX-1`. Raises InvalidArgument with Docker's sentence."""
    number = int(text) if _NUMBER.fullmatch(text) else SIGNALS.get(text.upper().removeprefix("SIG"), 0)
    if not 0 < number <= HIGHEST_SIGNAL:
        raise InvalidArgument(f"invalid signal: {text}")
    return number


def stop_signal(configured: str) -> int:
    """Return the signal that asks a container to end: SIGTERM if it names none, or if its image names one that there is not."""
    try:
        return parse_signal(configured) if configured else signal.SIGTERM
    except InvalidArgument:
        return signal.SIGTERM
