"""Streams of JSON objects, in the framing that the client's `Accept` header asks for."""

from collections.abc import Callable

from plugins.api_docker.versions import ApiVersion

Frame = Callable[[bytes], bytes]
"""Turns one object, a line of JSON, into its frame."""

LINES, NEWLINE_DELIMITED, SEQUENCE = "application/jsonl", "application/x-ndjson", "application/json-seq"
_OFFERS = (LINES, NEWLINE_DELIMITED, SEQUENCE)
_RECORD_SEPARATOR = b"\x1e"
"""What a record of a JSON text sequence begins with (RFC 7464, section 2.2)."""

_LINES_BY_DEFAULT = ApiVersion(1, 52)


def negotiate(accept: str, version: ApiVersion) -> tuple[str, Frame]:
    """Return the content type of a stream and its framing. A type must be named in full; without one older clients get what they know."""
    weights = dict(map(_weighted, filter(None, accept.split(","))))
    wanted = [(weights[offer], -position, offer) for position, offer in enumerate(_OFFERS) if weights.get(offer, 0.0) > 0]
    default = LINES if version >= _LINES_BY_DEFAULT else "application/json"
    chosen = max(wanted)[2] if wanted else default
    return chosen, _record if chosen == SEQUENCE else _line


def _weighted(text: str) -> tuple[str, float]:
    """Return a media type of an `Accept` header and its weight (RFC 9110, section 12.4.2)."""
    kind, *parameters = (part.strip() for part in text.split(";"))
    weight = next((value for name, _, value in (part.partition("=") for part in parameters) if name.strip().lower() == "q"), "1")
    try:
        return kind.lower(), float(weight)
    except ValueError:
        return kind.lower(), 0.0


def _line(line: bytes) -> bytes:
    return line


def _record(line: bytes) -> bytes:
    return _RECORD_SEPARATOR + line
