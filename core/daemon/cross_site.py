"""Requests that a web browser sends on behalf of a page from elsewhere. A client that reaches the API is root, so TCP refuses them.

A page cannot choose the Origin header of its requests (Fetch standard, section 3.2), so one that names another host than the daemon's gives
it away. A page whose own name was made to lead to the daemon (DNS rebinding) cannot choose the Host header: a name that public DNS can
give to others is refused where no TLS certificate vouches for it. Docker's clients send no Origin, and the name they were given as Host.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Collection
from urllib.parse import urlsplit

import msgspec

from sdk.frontend import ASGIApp, Receive, Scope, Send
from sdk.origins import is_same_origin

_OWN_NAMES = ("localhost", "host.docker.internal")
_OWN_DOMAINS = (".localhost", ".internal")
"""Top-level domains that public DNS never resolves (RFC 6761 section 6.3; ICANN reserved .internal in 2024)."""

_FORBIDDEN = 403


def guarded(app: ASGIApp, names: Collection[str]) -> ASGIApp:
    """Return an application that refuses cross-site requests. `names` are host names, beside the machine's own, that are the daemon's."""
    own = frozenset(name.lower() for name in (*_OWN_NAMES, socket.gethostname(), *names))

    def guard(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        refusal = _refusal(scope, own) if _is_tcp(scope) else ""
        return _refuse(send, refusal) if refusal else app(scope, receive, send)

    return guard


def _is_tcp(scope: Scope) -> bool:
    """A UNIX socket has a path and no port; no browser reaches it."""
    server = scope.get("server")
    return isinstance(server, tuple) and server[1] is not None


def _refusal(scope: Scope, own: frozenset[str]) -> str:
    host, origin = _header(scope, b"host"), _header(scope, b"origin")
    if origin and not is_same_origin(origin, host):
        return f"cross-site request refused: its Origin is {origin}"
    if host and scope.get("scheme") != "https" and not _is_own(host, own):
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


def _header(scope: Scope, name: bytes) -> str:
    headers = scope["headers"]
    assert isinstance(headers, list)
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


async def _refuse(send: Send, message: str) -> None:
    body = msgspec.json.encode({"message": message}) + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _FORBIDDEN, "headers": headers})
    await send({"type": "http.response.body", "body": body})
