"""`--add-host`: `name:address`."""

from ipaddress import ip_address

from sdk.engine.config import HostEntry
from sdk.errors import InvalidArgument

_HOST_GATEWAY = "host-gateway"


def parse_extra_host(text: str) -> HostEntry:
    """Read `name:address`, where the address `host-gateway` stands for the host. Raises InvalidArgument."""
    name, separator, address = text.partition(":")
    if not (name and separator and address):
        raise InvalidArgument(f'bad format for add-host: "{text}"')
    if address == _HOST_GATEWAY:
        return HostEntry(name)
    address = address.strip("[]")
    try:
        return HostEntry(name, str(ip_address(address)))
    except ValueError:
        raise InvalidArgument(f'invalid IP address in add-host: "{address}"') from None


def shown_extra_host(entry: HostEntry) -> str:
    """Return what `parse_extra_host` reads."""
    return f"{entry.name}:{entry.address or _HOST_GATEWAY}"
