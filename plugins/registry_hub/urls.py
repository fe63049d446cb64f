"""URLs that registries and token servers name: only those of the web, of hosts that can exist."""

import httpx

from sdk.errors import Unavailable
from sdk.text import cleaned
from sdk.urls import is_possible_host, is_possible_port


def web_url(text: str, what: str) -> httpx.URL:
    """Return an absolute http or https URL. Raises Unavailable with `what` in front of the reason."""
    return _checked(text, None, what)


def followed(base: httpx.URL, text: str, what: str) -> httpx.URL:
    """Return the URL that a reply of `base` leads to: relative ones count from there. Raises Unavailable."""
    return _checked(text, base, what)


def is_web_host(host: str) -> bool:
    """Tell whether `host[:port]` can stand in a URL: a label that says it is of another alphabet must be one (RFC 5891)."""
    try:
        return bool(httpx.URL(f"https://{host}/").host)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return False


def _checked(text: str, base: httpx.URL | None, what: str) -> httpx.URL:
    shown = cleaned(text)
    try:
        url = base.join(text) if base is not None else httpx.URL(text)
        host = url.host  # decoded here: what stands for another alphabet may be none
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Unavailable(f'{what}: parse "{shown}": invalid URL') from None
    if url.scheme not in ("http", "https"):
        raise Unavailable(f'{what}: "{shown}": unsupported protocol scheme "{cleaned(url.scheme)}"')
    if not is_possible_host(host):
        raise Unavailable(f'{what}: "{shown}": no such host')
    if not is_possible_port(url.port):
        raise Unavailable(f'{what}: "{shown}": invalid port')
    return url
