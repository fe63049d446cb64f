"""Options of the gelf driver, in Docker's words."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.shipping.addresses import read_url
from sdk.shipping.sockets import Target
from sdk.shipping.wire import Patience
from sdk.text import cleaned

ADDRESS, LEVEL, TYPE = "gelf-address", "gelf-compression-level", "gelf-compression-type"
RECONNECTS, DELAY = "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"
OPTIONS = frozenset((ADDRESS, LEVEL, TYPE, RECONNECTS, DELAY))

_FASTEST, _LEAST_LEVEL, _MOST_LEVEL = 1, -1, 9
_TYPES = ("gzip", "zlib", "none")
_LONGEST = 1 << 20
_PATIENCE = Patience(first=1.0)


def target_of(options: Mapping[str, str]) -> Target:
    """Return where the receiver listens. Raises InvalidArgument."""
    text = options.get(ADDRESS, "")
    if not text:
        raise InvalidArgument("gelf-address is a required parameter")
    url = read_url(text)
    if url.scheme not in ("udp", "tcp"):
        raise InvalidArgument("gelf: endpoint needs to be UDP or TCP")
    if url.port is None:
        raise InvalidArgument("gelf: please provide gelf-address as proto://host:port")
    return Target(url.scheme, url.host, url.port)


def compression_of(options: Mapping[str, str], network: str) -> tuple[str, int]:
    """Return how messages are compressed, and zlib's level. Raises InvalidArgument."""
    if network != "udp" and (LEVEL in options or TYPE in options):
        raise InvalidArgument("compression is only supported on UDP")
    kind = options.get(TYPE, _TYPES[0])
    if kind not in _TYPES:
        raise _unknown(TYPE, kind)
    try:
        level = parse_int64(options.get(LEVEL, str(_FASTEST)), least=_LEAST_LEVEL, most=_MOST_LEVEL)
    except BadNumber:
        raise _unknown(LEVEL, options[LEVEL]) from None
    return kind, level


def patience_of(options: Mapping[str, str], network: str) -> Patience:
    """Return how a receiver that fails is tried again: without these options for as long as it takes. Raises InvalidArgument."""
    numbers = {key: _count(key, options[key], network) for key in (RECONNECTS, DELAY) if key in options}
    if not numbers:
        return _PATIENCE
    delay = float(numbers.get(DELAY, 1))
    return Patience(delay, 1.0, delay, numbers.get(RECONNECTS, 3) + 1)


def _count(key: str, text: str, network: str) -> int:
    if network != "tcp":
        raise InvalidArgument(f'"{key}" is only valid for TCP')
    try:
        return parse_int64(text, least=0, most=_LONGEST)
    except BadNumber:
        raise InvalidArgument(f'"{key}" must be a positive integer') from None


def _unknown(key: str, value: str) -> InvalidArgument:
    return InvalidArgument(f'unknown value "{cleaned(value)}" for log opt "{key}" for gelf log driver')
