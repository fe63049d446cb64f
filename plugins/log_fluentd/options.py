"""Options of the fluentd driver, in Docker's words."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import parse_size, parse_truth
from sdk.numbers import BadDuration, BadNumber, parse_digits, parse_duration
from sdk.shipping.addresses import read_url
from sdk.shipping.sockets import Target
from sdk.shipping.tls import client_context
from sdk.shipping.wire import Patience
from sdk.text import cleaned

ADDRESS, ASYNC, ACK, PRECISE = "fluentd-address", "fluentd-async", "fluentd-request-ack", "fluentd-sub-second-precision"
_BUFFER, _RETRIES, _WAIT = "fluentd-buffer-limit", "fluentd-max-retries", "fluentd-retry-wait"
INTERVAL, _WRITE, _READ = "fluentd-async-reconnect-interval", "fluentd-write-timeout", "fluentd-read-timeout"
OPTIONS = frozenset((ADDRESS, ASYNC, ACK, PRECISE, _BUFFER, _RETRIES, _WAIT, INTERVAL, _WRITE, _READ))

_SECOND = 10**9
_HOST, _PORT = "127.0.0.1", 24224
_FACTOR, _LONGEST = 1.5, 60.0
_LEAST_INTERVAL, _MOST_INTERVAL = 0.1, 10.0
_SECONDS, _MOST_SECONDS = 10.0, 60.0
_MOST_RETRIES = (1 << 64) - 1


def target_of(options: Mapping[str, str]) -> Target:
    """Return where the receiver listens. Raises InvalidArgument."""
    text = options.get(ADDRESS, "")
    if not text:
        return Target("tcp", _HOST, _PORT)
    try:
        return _target(text)
    except InvalidArgument as error:
        raise InvalidArgument(f"invalid fluentd-address ({cleaned(text)}): {error.message}") from None


def _target(text: str) -> Target:
    url = read_url(text if "://" in text else f"tcp://{text}")
    if url.scheme == "unix":
        if not url.path.strip("/"):
            raise InvalidArgument("path is empty")
        return Target("unix", path=url.path)
    if url.scheme not in ("tcp", "tls"):
        raise InvalidArgument(f"unsupported scheme: '{cleaned(url.scheme)}'")
    if url.path:
        raise InvalidArgument("should not contain a path element")
    return Target("tcp", url.host or _HOST, url.port or _PORT, tls=client_context if url.scheme == "tls" else None)


def patience_of(options: Mapping[str, str]) -> Patience:
    """Return how a receiver that fails is tried again. Raises InvalidArgument."""
    wait, text = seconds_of(options, _WAIT, 1.0), options.get(_RETRIES, "")
    try:
        attempts = parse_digits(text, _MOST_RETRIES) + 1 if text else None
    except BadNumber as error:
        raise InvalidArgument(f'strconv.ParseUint: parsing "{cleaned(text)}": {error}') from None
    return Patience(wait, _FACTOR, max(wait, _LONGEST), attempts)


def buffer_of(options: Mapping[str, str]) -> int | None:
    """Return the bytes that may wait, None for the driver's setting. Raises InvalidArgument."""
    text = options.get(_BUFFER, "")
    return parse_size(text, unit=1024) if text else None


def is_chosen(options: Mapping[str, str], key: str) -> bool:
    """Tell whether an option of yes or no is chosen. Raises InvalidArgument."""
    text = options.get(key, "")
    return bool(text) and parse_truth(text)


def interval_of(options: Mapping[str, str]) -> float:
    """Return the seconds after which a connection is made anew, 0 for never. Raises InvalidArgument."""
    interval = seconds_of(options, INTERVAL, 0.0)
    if interval and not _LEAST_INTERVAL <= interval <= _MOST_INTERVAL:
        raise InvalidArgument(f'invalid value for {INTERVAL}: value ("{cleaned(options[INTERVAL])}") must be between 100ms and 10s')
    return interval


def timeout_of(options: Mapping[str, str]) -> float:
    """Return the seconds that the receiver has for each step, a minute at most: a thread waits for it. Raises InvalidArgument."""
    given = [seconds_of(options, key, 0.0) for key in (_WRITE, _READ)]
    return min(max(given) or _SECONDS, _MOST_SECONDS)


def seconds_of(options: Mapping[str, str], key: str, default: float) -> float:
    """Return a duration. Raises InvalidArgument."""
    text = options.get(key, "")
    if not text:
        return default
    try:
        seconds = parse_duration(text) / _SECOND
    except BadDuration as error:
        raise InvalidArgument(f"invalid value for {key}: {error}") from None
    if seconds < 0:
        raise InvalidArgument(f'invalid value for {key}: value ("{cleaned(text)}") must not be negative')
    return seconds
