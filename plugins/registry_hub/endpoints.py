"""Which servers stand for a registry's name: its mirrors, then itself; and how each may be spoken to."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio

from plugins.registry_hub.settings import HUB_NAMES, HubSettings
from plugins.registry_hub.urls import is_web_host
from sdk.errors import InvalidArgument
from sdk.oci.reference import DEFAULT_DOMAIN
from sdk.text import cleaned
from sdk.urls import is_possible_name, is_possible_port

_HUB = "registry-1.docker.io"
_HOST_PORT = re.compile(r"(?:(?P<name>[A-Za-z0-9_.-]+)|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK = ("127.0.0.0/8", "::1/128")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server. `bases` are the URLs it may answer under, the preferred first; `verify` whether its certificate must be good."""

    host: str
    bases: tuple[str, ...]
    verify: bool
    mirror: bool = False


class Endpoints:
    """Chooses endpoints by the settings."""

    def __init__(self, settings: HubSettings) -> None:
        self._mirrors = {**settings.host_mirrors, DEFAULT_DOMAIN: settings.mirrors}
        self._names = frozenset(entry for entry in settings.insecure if "/" not in entry)
        self._networks = tuple(_networks((*_LOOPBACK, *(entry for entry in settings.insecure if "/" in entry))))

    async def of(self, domain: str) -> tuple[Endpoint, ...]:
        """Return the endpoints of a registry in the order they are to be tried."""
        mirrors = [await self._endpoint(mirror, mirror=True) for mirror in self._mirrors.get(domain, ())]
        return (*mirrors, await self.origin(domain))

    async def origin(self, address: str) -> Endpoint:
        """Return the registry itself, from a domain or from the address a person logs in to. Raises InvalidArgument for what is none."""
        host = _host(address)
        return await self._endpoint(_HUB if host in HUB_NAMES or not host else host, mirror=False)

    async def _endpoint(self, address: str, *, mirror: bool) -> Endpoint:
        scheme, separator, rest = address.rstrip("/").rpartition("://")
        insecure = await self._is_insecure(rest)
        if separator:
            return Endpoint(rest, (f"{scheme}://{rest}",), not insecure, mirror)
        return Endpoint(rest, (f"https://{rest}", f"http://{rest}") if insecure else (f"https://{rest}",), not insecure, mirror)

    async def _is_insecure(self, host: str) -> bool:
        name = urlsplit(f"//{host}").hostname or ""
        if name == "localhost" or self._names & {host, name}:
            return True
        addresses = await self._addresses(name)
        return any(address in network for address in addresses for network in self._networks)

    async def _addresses(self, name: str) -> "Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address]":
        try:
            return (ipaddress.ip_address(name),)
        except ValueError:
            if len(self._networks) == len(_LOOPBACK):
                return ()
        try:
            found = await anyio.getaddrinfo(name, None)
        except (OSError, UnicodeError):
            return ()
        return {ipaddress.ip_address(entry[4][0]) for entry in found}


def _host(address: str) -> str:
    rest = address.partition("://")[2] if "://" in address else address
    host = rest.partition("/")[0]
    match = _HOST_PORT.fullmatch(host)
    possible = match and (host.startswith("[") or is_possible_name(match["name"])) and is_possible_port(int(match["port"] or 1))
    if host and not (possible and is_web_host(host)):
        raise InvalidArgument(f'invalid registry address "{cleaned(address)}"')
    return host


def _networks(entries: Iterable[str]) -> Iterator[Network]:
    for entry in entries:
        yield ipaddress.ip_network(entry, strict=False)
