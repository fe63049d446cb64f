"""What plugins say they made (CNI 1.0, section 5)."""

from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface, ip_network

import msgspec
from msgspec import Struct

from sdk.errors import DriverError
from sdk.text import cleaned

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


class _Link(Struct, frozen=True):
    name: str
    mac: str = ""
    sandbox: str = ""


class _Ip(Struct, frozen=True):
    address: str
    gateway: str = ""
    interface: int | None = None


class _Route(Struct, frozen=True):
    dst: str
    gw: str = ""


class Result(Struct, frozen=True):
    """A result of ADD. Fields that are not understood are the plugins' own business."""

    interfaces: tuple[_Link, ...] = ()
    ips: tuple[_Ip, ...] = ()
    routes: tuple[_Route, ...] = ()

    def mac(self, interface: str) -> str:
        """Return the MAC address of a container's interface, "" if none was told."""
        return next((link.mac.lower() for link in self.interfaces if link.sandbox and link.name == interface), "")

    def addresses(self, interface: str) -> tuple[Interface, ...]:
        """Return the addresses of a container's interface."""
        return tuple(ip_interface(ip.address) for ip in self.ips if self._is_on(ip, interface))

    def gateways(self) -> tuple[Address, ...]:
        """Return the gateway of each IP version there is a default route for."""
        by_version: dict[int, Address] = {}
        for route in self.routes:
            network = ip_network(route.dst, strict=False)
            if network.prefixlen == 0 and (gateway := route.gw or self._gateway(network.version)):
                by_version.setdefault(network.version, ip_address(gateway))
        return tuple(gateway for _, gateway in sorted(by_version.items()))

    def host_interface(self) -> str:
        """Return the host's end of the container's interface, "" if there is none."""
        return next((link.name for link in reversed(self.interfaces) if not link.sandbox), "")

    def _is_on(self, ip: _Ip, interface: str) -> bool:
        if ip.interface is None or not 0 <= ip.interface < len(self.interfaces):
            return True
        link = self.interfaces[ip.interface]
        return bool(link.sandbox) and link.name == interface

    def _gateway(self, version: int) -> str:
        return next((ip.gateway for ip in self.ips if ip.gateway and ip_address(ip.gateway).version == version), "")


def decode(answer: bytes) -> Result:
    """Return a result whose addresses are some. Raises DriverError."""
    result = _decoded(answer)
    for read, text in _addresses(result):
        try:
            read(text)
        except ValueError:
            raise DriverError(
                "cni", "ADD", f'the result of the last plugin has an address that is none: "{cleaned(text)}"'
            ) from None
    return result


def _addresses(result: Result) -> Iterator[tuple[Callable[[str], object], str]]:
    """Yield each address with what reads it."""
    for ip in result.ips:
        yield ip_interface, ip.address
        if ip.gateway:
            yield ip_address, ip.gateway
    for route in result.routes:
        yield partial(ip_network, strict=False), route.dst
        if route.gw:
            yield ip_address, route.gw


def _decoded(answer: bytes) -> Result:
    try:
        return msgspec.json.decode(answer, type=Result)
    except (UnicodeError, RecursionError):
        raise DriverError("cni", "ADD", "the result of the last plugin is not UTF-8, or nested too deeply") from None
    except msgspec.DecodeError as error:
        raise DriverError("cni", "ADD", f"the result of the last plugin makes no sense: {error}") from error
