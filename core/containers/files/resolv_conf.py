"""/etc/resolv.conf: which name servers a container's programs ask, and whom the embedded server asks in turn."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from sdk.engine.config import HostConfig
from sdk.text import lines

HOST_RESOLV_CONF = Path("/etc/resolv.conf")
RESOLVED_RESOLV_CONF = Path("/run/systemd/resolve/resolv.conf")
"""Where systemd-resolved writes the servers that it asks itself."""

_PUBLIC_SERVERS = ("8.8.8.8", "8.8.4.4")
_EMBEDDED = "127.0.0.11"
_NDOTS = "ndots:"
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)

_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Whom a container's embedded server asks: `servers` by way of the container's networks, `host_servers` by way of the host."""

    servers: tuple[str, ...] = ()
    host_servers: tuple[str, ...] = ()
    ndots: int = 0


def host_resolv_conf() -> str:
    """Return the host's file; empty if there is none."""
    return read_text(HOST_RESOLV_CONF)


def forwarding(wanted: HostConfig) -> Forwarding:
    """Return whom to ask for a container: the servers it names, else the host's, of which those on loopback only the host reaches."""
    host = "" if wanted.dns and wanted.dns_options else host_resolv_conf()
    options = list(wanted.dns_options) or _words(host, "options")
    ndots = next(
        (int(option[len(_NDOTS) :]) for option in options if option.startswith(_NDOTS) and _COUNT.fullmatch(option[len(_NDOTS) :])),
        0,
    )
    if wanted.dns:
        return Forwarding(servers=wanted.dns, ndots=ndots)
    found = [(word, _parsed(word)) for word in _words(host, "nameserver")]
    return Forwarding(
        tuple(word for word, address in found if address is not None and not address.is_loopback),
        tuple(word for word, address in found if address is not None and address.is_loopback),
        ndots,
    )


def resolv_conf_of(wanted: HostConfig, *, embedded: bool, ipv6: bool) -> str:
    """Return the file of a container in a network namespace of its own; `embedded`: it has a name server of ours."""
    host = host_resolv_conf()
    if embedded:
        return embedded_resolv_conf(host, wanted.dns_search, wanted.dns_options)
    return resolv_conf(
        host,
        read_text(RESOLVED_RESOLV_CONF),
        servers=wanted.dns,
        search=wanted.dns_search,
        options=wanted.dns_options,
        ipv6=ipv6,
    )


def embedded_resolv_conf(host: str, search: Iterable[str], options: Iterable[str]) -> str:
    """Return a resolv.conf that names the embedded server. Names without dots are asked as they are, unless an option says otherwise."""
    settings = list(options) or _words(host, "options")
    if not any(option.startswith(_NDOTS) for option in settings):
        settings.append(f"{_NDOTS}0")
    return _render(host, [_EMBEDDED], list(search), settings)


def resolv_conf(
    host: str,
    upstream: str,
    *,
    servers: Iterable[str] = (),
    search: Iterable[str] = (),
    options: Iterable[str] = (),
    ipv6: bool = False,
) -> str:
    """Return a resolv.conf for a network namespace of its own: what is asked for, else the host's.

    A server on the host's loopback cannot be reached from there. When the host has only such servers those of `upstream`, the file of
    systemd-resolved, are taken, and without any Google's public ones, as Docker does. `search` of `.` means no search list.
    """
    chosen = list(servers) or _reachable(host, ipv6) or _reachable(upstream, ipv6) or list(_PUBLIC_SERVERS)
    return _render(host, chosen, list(search), list(options))


def shared_resolv_conf(host: str, servers: Iterable[str], search: Iterable[str], options: Iterable[str]) -> str:
    """Return a resolv.conf for a container in the host's network: the host's file as it stands, with what is asked for instead."""
    wanted, domains, settings = list(servers), list(search), list(options)
    if not (wanted or domains or settings):
        return host
    return _render(host, wanted or _words(host, "nameserver"), domains, settings)


def _render(host: str, servers: list[str], search: list[str], options: list[str]) -> str:
    domains = [] if search == ["."] else search or _words(host, "search")
    rendered = [f"nameserver {server}" for server in servers]
    rendered += [f"search {' '.join(domains)}"] if domains else []
    settings = options or _words(host, "options")
    rendered += [f"options {' '.join(settings)}"] if settings else []
    return "".join(f"{line}\n" for line in rendered)


def _reachable(text: str, ipv6: bool) -> list[str]:
    """Return a file's servers that a container can reach."""
    servers = []
    for word in _words(text, "nameserver"):
        parsed = _parsed(word)
        if parsed is not None and not parsed.is_loopback and (parsed.version == 4 or ipv6):
            servers.append(word)
    return servers


def _words(text: str, keyword: str) -> list[str]:
    """Return the values of all lines of a keyword (of `search` only the last counts, as for the C library)."""
    split = [line.split() for line in lines(text)]
    found = [line[1:] for line in split if line and line[0] == keyword]
    if keyword == "search":
        return found[-1] if found else []
    return [word for line in found for word in (line[:1] if keyword == "nameserver" else line)]


def _parsed(word: str) -> IPv4Address | IPv6Address | None:
    """Return a server's address; none for one that holds on one link only."""
    try:
        return None if "%" in word else ip_address(word)
    except ValueError:
        return None


def is_short(path: Path) -> bool:
    """Tell whether a file is one that is read here: a container may have made it as long as it likes."""
    try:
        return path.stat().st_size <= _LONGEST
    except OSError:
        return True


def read_text(path: Path) -> str:
    """Return a file's text, "" if there is none, or if it is longer than a MiB. Bytes that are no UTF-8 come as lone surrogates: what is
    kept of the file stays as it is."""
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(size).decode(errors="surrogateescape") if size <= _LONGEST else ""
    except OSError:
        return ""
