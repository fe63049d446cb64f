"""Addresses and subnets as clients write them, read while dockerd decodes a request: its sentences begin so."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface
from re import compile as pattern

from sdk.errors import InvalidArgument

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_OCTETS = 4
_MAC = pattern(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}|[0-9a-f]{4}(\.[0-9a-f]{4}){2}")


def parse_address(text: str) -> Address:
    """Return an address; IPv4 in IPv6's clothes (`::ffff:192.0.2.1`) is IPv4. Raises InvalidArgument with Go's sentence."""
    try:
        address = ip_address(text)
    except ValueError:
        raise InvalidArgument(f"invalid JSON: {_address_fault(text)}") from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise InvalidArgument(f"invalid JSON: ParseAddr({_quoted(text)}): zones are not allowed here")
        return address.ipv4_mapped or address
    return address


def parse_prefix(text: str) -> tuple[Network, bool]:
    """Return a subnet, and whether it was written with host bits. Raises InvalidArgument with Go's sentence."""
    address, slash, bits = text.rpartition("/")
    fault = ""
    if not slash:
        fault = "no '/'"
    elif (problem := _address_fault(address)) and "/" not in address:
        fault = problem
    elif not (bits.isascii() and bits.isdecimal()) or (bits != "0" and bits.startswith("0")):
        fault = f"bad bits after slash: {_quoted(bits)}"
    elif len(bits) > 3 or int(bits) > (128 if ":" in address else 32):
        fault = "prefix length out of range"
    if fault:
        raise InvalidArgument(f"invalid JSON: netip.ParsePrefix({_quoted(text)}): {fault}")
    try:
        interface = ip_interface(text)
    except ValueError:
        raise InvalidArgument(f"invalid JSON: netip.ParsePrefix({_quoted(text)}): unable to parse IP") from None
    network: Network = interface.network
    return network, interface.ip != network.network_address


def parse_mac(text: str) -> str:
    """Return a MAC address with colons. Raises InvalidArgument with Go's sentence."""
    lower = text.lower()
    if not _MAC.fullmatch(lower):
        raise InvalidArgument(f"invalid JSON: address {text}: invalid MAC address")
    digits = lower.replace(":", "").replace("-", "").replace(".", "")
    return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))


def _address_fault(text: str) -> str:
    """Say what is wrong with an address, "" if nothing is."""
    try:
        ip_address(text)
    except ValueError:
        return f"ParseAddr({_quoted(text)}): {_reason(text)}"
    return ""


def _reason(text: str) -> str:
    separator = next((character for character in text if character in ".:%"), "")
    if separator != ".":
        return "missing IPv6 address" if separator == "%" else "unable to parse IP"
    fields = text.split(".")
    if not all(field.isascii() and field.isdecimal() for field in fields):
        return "unexpected character"
    if any(len(field) > 3 or int(field) > 255 for field in fields):
        return "IPv4 field has value >255"
    if len(fields) != _OCTETS:
        return "IPv4 address too short" if len(fields) < _OCTETS else "IPv4 address too long"
    return "IPv4 field has octet with leading zero"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
