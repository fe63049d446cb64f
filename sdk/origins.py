"""Which page a web browser's request comes from."""

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_same_origin(origin: str, host: str) -> bool:
    """Tell whether an Origin header (RFC 6454 section 7) names the host and port that the Host header of the request names.

    An origin that cannot be read, `null` among them, is another.
    """
    try:
        split = urlsplit(origin)
        port = _PORTS[split.scheme]
        return bool(split.hostname) and _authority(split.netloc, port) == _authority(host, port)
    except (ValueError, KeyError):
        return False


def _authority(text: str, port: int) -> tuple[str | None, int]:
    split = urlsplit(f"//{text}")
    return split.hostname, port if split.port is None else split.port
