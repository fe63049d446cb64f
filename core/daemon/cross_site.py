"""Requests that a web browser sends on behalf of a page from elsewhere. A client that reaches the API is root, so TCP refuses them.

A page cannot choose the Origin header of its requests (Fetch standard, section 3.2), so one that names another host than the daemon's gives
it away. A page whose own name was made to lead to the daemon (DNS rebinding) cannot choose the Host header, nor keep the browser from
saying what only browsers say. So a request that does is refused under a name that public DNS can give to others, where no TLS
certificate vouches for that. Docker's clients, SDKs and scripts say nothing of the kind, and may use any name that leads here.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Collection
from urllib.parse import urlsplit

from sdk.frontend import ASGIApp, Receive, Scope, Send, header, refuse
from sdk.origins import is_same_origin

_OWN_NAMES = ("localhost", "host.docker.internal")
_OWN_DOMAINS = (".localhost", ".internal")
"""Top-level domains that public DNS never resolves (RFC 6761 section 6.3; ICANN reserved .internal in 2024)."""

_FORBIDDEN = 403

_MARKS = frozenset({b"origin", b"referer", b"cookie", b"accept-language", b"upgrade-insecure-requests"})
"""What browsers add to a request and clients of the API do not. A page can leave out the referrer; it cannot take Accept-Language away, which
browsers send with every request (Fetch standard, "HTTP-network-or-cache fetch"), nor set any name that begins with `Sec-`."""
_METADATA, _OF_WEBSOCKETS = b"sec-", b"sec-websocket-"
_BROWSER, _SHELL = "Mozilla/", "PowerShell/"
"""Browsers call themselves by the first, and so does a shell whose scripts are no page."""


def guarded(app: ASGIApp, names: Collection[str]) -> ASGIApp:
    """Return an application that refuses cross-site requests. `names` are host names, beside the machine's own, that are the daemon's."""
    own = frozenset(name.lower() for name in (*_OWN_NAMES, socket.gethostname(), *names))

    def guard(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        refusal = _refusal(scope, own) if _is_tcp(scope) else ""
        return refuse(send, _FORBIDDEN, refusal) if refusal else app(scope, receive, send)

    return guard


def _is_tcp(scope: Scope) -> bool:
    """A UNIX socket has a path and no port; no browser reaches it."""
    server = scope.get("server")
    return isinstance(server, tuple) and server[1] is not None


def _refusal(scope: Scope, own: frozenset[str]) -> str:
    host, origin = header(scope, b"host"), header(scope, b"origin")
    if origin and not is_same_origin(origin, host):
        return f"cross-site request refused: its Origin is {origin}"
    if host and scope.get("scheme") != "https" and not _is_own(host, own) and _is_of_a_browser(scope):
        return f"{_name_of(host)} is not known as a name of this daemon: use an address or TLS, or add the name to the setting api_names"
    return ""


def _is_own(host: str, own: frozenset[str]) -> bool:
    """A name of one label is none of public DNS: it is a container, a service or a machine of the local network."""
    name = _name_of(host)
    return "." not in name or name in own or name.endswith(_OWN_DOMAINS) or _is_address(name)


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_of_a_browser(scope: Scope) -> bool:
    headers = scope["headers"]
    assert isinstance(headers, list)
    if any(key in _MARKS or (key.startswith(_METADATA) and not key.startswith(_OF_WEBSOCKETS)) for key, _ in headers):
        return True
    agent = header(scope, b"user-agent")
    return agent.startswith(_BROWSER) and _SHELL not in agent
