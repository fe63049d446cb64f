"""Docker's options of a bridge network that say of which IP versions it has a gateway, and of which its addresses are translated.

The engine chooses addresses and ports by them and the driver makes its rules by them: both must read them alike.
"""

from collections.abc import Mapping

from sdk.text import truth

_BRIDGE = "com.docker.network.bridge."
GATEWAY_MODES = {4: _BRIDGE + "gateway_mode_ipv4", 6: _BRIDGE + "gateway_mode_ipv6"}
"""The option that names the mode, by IP version: `nat`, `nat-unprotected`, `routed` or `isolated`."""
INHIBIT_IPV4 = _BRIDGE + "inhibit_ipv4"
"""The option that takes the gateway's IPv4 address away, in a word of Go's `strconv.ParseBool`."""
UNSPECIFIED = {4: "0.0.0.0", 6: "::"}
"""Every address of the host, by IP version: the `host_ip` of a port whose container is reached at its own address."""


def versions_of_mode(options: Mapping[str, str], mode: str) -> frozenset[int]:
    """Return the IP versions whose gateway is of a mode."""
    return frozenset(version for version, key in GATEWAY_MODES.items() if options.get(key) == mode)


def without_gateway(options: Mapping[str, str]) -> frozenset[int]:
    """Return the IP versions of which a network takes no address for its gateway, unless the client names one."""
    isolated = versions_of_mode(options, "isolated")
    return isolated | {4} if truth(options.get(INHIBIT_IPV4, "")) else isolated


def routed_versions(options: Mapping[str, str]) -> frozenset[int]:
    """Return the IP versions of which a network's addresses are routed, not translated: ports need no port of the host there."""
    return versions_of_mode(options, "routed")
