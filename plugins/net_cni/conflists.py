"""Network configuration lists (CNI 1.0, section 1): what an administrator writes, read and checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from sdk.drivers.network import NetworkSpec, Subnet
from sdk.errors import InvalidArgument

OPTION = "conflist"
VERSIONS = ("0.4.0", "1.0.0")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]*")


class _Range(Struct, frozen=True):
    subnet: str = ""
    gateway: str = ""


class _Ipam(Struct, frozen=True):
    """What is understood of `ipam`: host-local's ranges. Other plugins may use the words for something else."""

    type: str = ""
    ranges: tuple[tuple[_Range, ...], ...] = ()
    subnet: str = ""
    gateway: str = ""


class _Plugin(Struct, frozen=True):
    type: str
    capabilities: Mapping[str, bool] = {}
    ipam: _Ipam = _Ipam()
    bridge: str = ""


class _Document(Struct, frozen=True, rename={"version": "cniVersion", "disable_check": "disableCheck"}):
    version: str
    name: str
    plugins: tuple[Mapping[str, Raw], ...]
    disable_check: bool | str = False


@dataclass(frozen=True, slots=True)
class PluginConfig:
    """One plugin of a list; `fields` is its configuration as it was written."""

    type: str
    capabilities: frozenset[str]
    ipam: str
    bridge: str
    subnets: tuple[Subnet, ...]
    fields: Mapping[str, Raw]


@dataclass(frozen=True, slots=True)
class Conflist:
    """A network configuration list. `text` is the file."""

    name: str
    version: str
    plugins: tuple[PluginConfig, ...]
    checkable: bool
    text: str

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        """The subnets its plugins name, none if they get addresses from elsewhere."""
        return tuple(subnet for plugin in self.plugins for subnet in plugin.subnets)

    @property
    def bridges(self) -> tuple[str, ...]:
        """The bridges its plugins make."""
        return tuple(plugin.bridge for plugin in self.plugins if plugin.bridge)

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of the programs it needs."""
        return tuple(name for plugin in self.plugins for name in (plugin.type, plugin.ipam) if name)

    def can(self, capability: str) -> bool:
        """Tell whether one of its plugins takes this part of the runtime's configuration."""
        return any(capability in plugin.capabilities for plugin in self.plugins)


def parse(text: str) -> Conflist:
    """Return a list. Raises InvalidArgument."""
    try:
        document = msgspec.json.decode(text, type=_Document)
        plugins = tuple(_plugin(fields) for fields in document.plugins)
    except RecursionError:
        raise InvalidArgument("it is no CNI network configuration list: nested too deeply") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidArgument(f"it is no CNI network configuration list: {error}") from None
    if document.version not in VERSIONS:
        raise InvalidArgument(f"its cniVersion is {document.version!r}; supported are {', '.join(VERSIONS)}")
    if not _NAME.fullmatch(document.name):
        raise InvalidArgument(f"its name {document.name!r} is no network name")
    if not plugins:
        raise InvalidArgument("it has no plugins")
    return Conflist(document.name, document.version, plugins, document.disable_check in (False, "false", ""), text)


def named(directory: Path, name: str) -> Conflist:
    """Return the list of that name, from the first file that has it. Raises InvalidArgument, and tells what there is."""
    names: list[str] = []
    faults: list[str] = []
    for conflist in _lists(directory, faults):
        if conflist.name == name:
            return conflist
        names.append(conflist.name)
    there = f"there are: {', '.join(names)}" if names else "there is none"
    raise InvalidArgument("; ".join([f'no CNI network configuration list is named "{name}" in {directory}; {there}', *faults]))


def name_for(network: NetworkSpec) -> str:
    """Return the name of the list a network is made by: its option `conflist`, else its own name."""
    return network.options.get(OPTION) or network.name


def _lists(directory: Path, faults: list[str]) -> Iterator[Conflist]:
    for file in sorted(directory.glob("*.conflist")):
        try:
            yield parse(file.read_text())
        except (InvalidArgument, OSError, UnicodeDecodeError) as error:
            faults.append(f"{file.name}: {error}")


def _plugin(fields: Mapping[str, Raw]) -> PluginConfig:
    plugin = msgspec.json.decode(msgspec.json.encode(fields), type=_Plugin)
    if not plugin.type or "/" in plugin.type or "/" in plugin.ipam.type:
        raise ValueError(f"a plugin's type is the name of a program, not {plugin.type or plugin.ipam.type!r}")
    return PluginConfig(
        type=plugin.type,
        capabilities=frozenset(name for name, wanted in plugin.capabilities.items() if wanted),
        ipam=plugin.ipam.type,
        bridge=plugin.bridge or "cni0" if plugin.type == "bridge" else "",
        subnets=tuple(_subnets(plugin.ipam)) if plugin.ipam.type == "host-local" else (),
        fields=fields,
    )


def _subnets(ipam: _Ipam) -> Iterator[Subnet]:
    for first in (_Range(ipam.subnet, ipam.gateway), *(choices[0] for choices in ipam.ranges if choices)):
        if first.subnet:
            yield Subnet(ip_network(first.subnet, strict=False), ip_address(first.gateway) if first.gateway else None)
