"""Durations of a HEALTHCHECK."""

from plugins.builder_dockerfile.language.errors import DockerfileError
from sdk.numbers import BadDuration
from sdk.numbers import parse_duration as parsed

_LEAST = 10**6


def parse_duration(name: str, text: str) -> int:
    """Return nanoseconds; "" and 0 are 0. Raises DockerfileError for what is no duration, or too short."""
    try:
        total = parsed(text) if text else 0
    except BadDuration as error:
        raise DockerfileError(str(error)) from None
    if total and total < _LEAST:
        raise DockerfileError(f'Interval "{name}" cannot be less than 1ms')
    return total
