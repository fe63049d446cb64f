"""Addresses of receivers as options give them: `proto://host:port` and `unix:///path`, refused in Go's words."""

from urllib.parse import urlsplit

from msgspec import Struct

from sdk.errors import InvalidArgument
from sdk.text import cleaned


class Url(Struct, frozen=True):
    """The parts of an address. `port` is None where none is given; `host` has no brackets."""

    scheme: str
    host: str
    port: int | None
    path: str


def read_url(text: str) -> Url:
    """Return the parts of an address. Raises InvalidArgument for what is no URL."""
    if any(ord(character) <= ord(" ") or character == "\x7f" for character in text):
        raise InvalidArgument(f'parse "{cleaned(text)}": net/url: invalid control character in URL')
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidArgument(f'parse "{cleaned(text)}": invalid port or host') from None
    return Url(parts.scheme, parts.hostname or "", port, parts.path)


def joined(host: str, port: int) -> str:
    """Return `host:port`, with brackets where the host has colons."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
