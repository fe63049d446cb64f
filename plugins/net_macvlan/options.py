"""Docker's options of a macvlan network, parsed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sdk.drivers.network import NetworkSpec
from sdk.errors import InvalidArgument
from sdk.network.announcing import Announcing, announcing
from sdk.network.mtu import parse_mtu

_PARENT, _MODE = "parent", "macvlan_mode"
MADE = "dm-"
"""How the names of parents begin that lead nowhere, as with Docker."""

_MODES = ("bridge", "private", "vepa", "passthru")
_NAME = re.compile(r"[^\s/]{1,15}")
_VLAN = re.compile(r"(.+)\.(\d{1,4})")
_LAST_VLAN = 4094


@dataclass(frozen=True, slots=True)
class MacvlanOptions:
    """`parent` is the link containers hang on. `made` says that it is ours to make: without a parent in the options it is a link that
    leads nowhere. `mtu` 0 is the parent's."""

    parent: str
    made: bool
    mode: str = "bridge"
    mtu: int = 0
    announcing: Announcing = Announcing()

    @property
    def vlan(self) -> tuple[str, int] | None:
        """The link and VLAN ID of a parent like `eth0.10`."""
        match = _VLAN.fullmatch(self.parent)
        return (match[1], int(match[2])) if match and 0 < int(match[2]) <= _LAST_VLAN else None


def has_parent(options: Mapping[str, str]) -> bool:
    """Tell whether a network's options name a link of the host."""
    return bool(options.get(_PARENT))


def parse(network: NetworkSpec) -> MacvlanOptions:
    """Return a network's options. Raises InvalidArgument for a value that makes no sense; options it does not know are ignored."""
    options = network.options
    parent, mode = options.get(_PARENT, ""), options.get(_MODE) or "bridge"
    if mode not in _MODES:
        raise InvalidArgument(f"requested macvlan mode '{mode}' is not valid, 'bridge' mode is the macvlan driver default")
    if parent == "lo":
        raise InvalidArgument("loopback interface is not a valid macvlan parent link")
    if parent and not _NAME.fullmatch(parent):
        raise InvalidArgument(f"invalid parent interface name: {parent}")
    return MacvlanOptions(parent or f"{MADE}{network.id[:12]}", not parent, mode, parse_mtu(options), announcing(options))
