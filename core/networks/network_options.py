"""What a network's options say before its driver reads them: its IP versions."""

from collections.abc import Mapping
from dataclasses import replace

from sdk.drivers.network import ExternalNetworks, NetworkDriver
from sdk.engine.networks import NetworkCreate
from sdk.errors import InvalidArgument
from sdk.text import truth

_ENABLE_IPV4, _ENABLE_IPV6 = "com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6"


def with_ip_versions(request: NetworkCreate, defaults: Mapping[str, str]) -> NetworkCreate:
    """Return a request with the daemon's default options beside its own, and with its IP versions: as the client says, or else the options.

    Raises InvalidArgument for an option that is neither true nor false.
    """
    options = {**defaults, **request.options}
    ipv4 = _switch(options, _ENABLE_IPV4, request.ipv4, usual=True)
    ipv6 = _switch(options, _ENABLE_IPV6, request.ipv6, usual=False)
    return replace(request, options=options, ipv4=ipv4, ipv6=ipv6)


def check_ip_versions(request: NetworkCreate, driver: NetworkDriver) -> None:
    """Raise InvalidArgument for a network of no IP version, which only some drivers can have."""
    if not isinstance(driver, ExternalNetworks) and not (request.ipv4 or request.ipv6):
        raise InvalidArgument("IPv4 or IPv6 must be enabled")


def _switch(options: dict[str, str], key: str, asked: bool | None, *, usual: bool) -> bool:
    """Return what a client asked for, whose word makes the option void; or what the option says."""
    if asked is not None:
        options.pop(key, None)
        return asked
    if key not in options:
        return usual
    found = truth(options[key])
    if found is None:
        raise InvalidArgument(f'driver-opt "{key}" is not a valid bool')
    return found
