"""Which of the two formats a client wants (RFC 9110 section 12.5.1)."""

from collections.abc import Iterator

from plugins.api_metrics.text import Format

_OPENMETRICS = "application/openmetrics-text"
_TEXT = frozenset({"text/plain", "text/*", "*/*"})


def choose(accept: str) -> Format:
    """Return the format that an Accept header prefers; the classic one for a client that does not ask for OpenMetrics 1.0.0."""
    openmetrics = text = 0.0
    for media_type, version, quality in _ranges(accept):
        if media_type == _OPENMETRICS and version in ("", "1.0.0"):
            openmetrics = max(openmetrics, quality)
        elif media_type in _TEXT and version in ("", "0.0.4"):
            text = max(text, quality)
    return Format.OPENMETRICS if openmetrics > 0 and openmetrics >= text else Format.TEXT


def _ranges(accept: str) -> Iterator[tuple[str, str, float]]:
    for each in accept.split(","):
        media_type, *pairs = (part.strip().lower() for part in each.split(";"))
        parameters = {name.strip(): value.strip(' "') for name, _, value in (pair.partition("=") for pair in pairs)}
        yield media_type, parameters.get("version", ""), _quality(parameters.get("q", "1"))


def _quality(text: str) -> float:
    try:
        return min(float(text), 1.0)
    except ValueError:
        return 0.0
