"""Addresses of the web that can exist, before a resolver or a socket is asked for others."""

from sdk.oci.ports import HIGHEST_PORT

_LONGEST_LABEL = 63
_LONGEST_NAME = 253


def is_possible_name(host: str) -> bool:
    """Tell whether a host name could be looked up at all (RFC 1035: "Size limits")."""
    labels = host.rstrip(".").split(".")
    return "%" not in host and len(host) <= _LONGEST_NAME and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def is_possible_host(host: str) -> bool:
    """Tell whether a host of a URL, a name or an IP address without brackets, can exist."""
    return ":" in host or is_possible_name(host)


def is_possible_port(port: int | None) -> bool:
    """Tell whether a port of a URL can exist; None is the scheme's."""
    return port is None or 0 < port <= HIGHEST_PORT
