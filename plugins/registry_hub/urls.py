"""URLs that registries and token servers name: only those of the web, of hosts that can exist."""

import httpx

from plugins.registry_hub.refusals import cleaned
from sdk.errors import Unavailable

_LONGEST_LABEL = 63
_LONGEST_NAME = 253
_HIGHEST_PORT = 65535


def web_url(text: str, what: str) -> httpx.URL:
    """Return an absolute http or https URL. Raises Unavailable with `what` in front of the reason."""
    return _checked(text, None, what)


def followed(base: httpx.URL, text: str, what: str) -> httpx.URL:
    """Return the URL that a reply of `base` leads to: relative ones count from there. Raises Unavailable."""
    return _checked(text, base, what)


def has_possible_name(host: str) -> bool:
    """Tell whether a host name could be looked up at all (RFC 1035: "Size limits")."""
    labels = host.rstrip(".").split(".")
    return len(host) <= _LONGEST_NAME and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _checked(text: str, base: httpx.URL | None, what: str) -> httpx.URL:
    shown = cleaned(text)
    try:
        url = base.join(text) if base is not None else httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Unavailable(f'{what}: parse "{shown}": invalid URL') from None
    if url.scheme not in ("http", "https"):
        raise Unavailable(f'{what}: "{shown}": unsupported protocol scheme "{cleaned(url.scheme)}"')
    if not url.host or not (":" in url.host or has_possible_name(url.host)) or "%" in url.host:
        raise Unavailable(f'{what}: "{shown}": no such host')
    if not 0 < (url.port or 1) <= _HIGHEST_PORT:
        raise Unavailable(f'{what}: "{shown}": invalid port')
    return url
