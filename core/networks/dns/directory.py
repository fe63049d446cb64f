"""Who is called what on which network."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Entry:
    """A container on one network: its names there, the first of them its own, and its addresses."""

    network_id: str
    network: str
    container_id: str
    names: tuple[str, ...]
    addresses: tuple[Address, ...]


class Directory:
    """The names of all user-defined networks. `version` changes with them: who keeps answers compares it."""

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._named: dict[tuple[str, str], tuple[Entry, ...]] = {}
        self._addressed: dict[tuple[str, Address], Entry] = {}

    def put(self, container_id: str, entries: Iterable[Entry]) -> None:
        """Make these a container's entries, instead of those it had; without any it is forgotten."""
        for entry in self._entries.pop(container_id, ()):
            self._forget(entry)
        if found := tuple(entries):
            self._entries[container_id] = found
        for entry in found:
            self._note(entry)
        self.version += 1

    def named(self, network_id: str, name: str) -> tuple[Entry, ...]:
        """Return who has a name, in lower case, on a network: several containers may share an alias."""
        return self._named.get((network_id, name), ())

    def addressed(self, network_id: str, address: Address) -> Entry | None:
        """Return who has an address on a network."""
        return self._addressed.get((network_id, address))

    def _note(self, entry: Entry) -> None:
        for name in _keys(entry):
            self._named[name] = (*self._named.get(name, ()), entry)
        for address in entry.addresses:
            self._addressed[entry.network_id, address] = entry

    def _forget(self, entry: Entry) -> None:
        for name in _keys(entry):
            rest = tuple(other for other in self._named.get(name, ()) if other is not entry)
            if rest:
                self._named[name] = rest
            else:
                self._named.pop(name, None)
        for address in entry.addresses:
            if self._addressed.get((entry.network_id, address)) is entry:
                del self._addressed[entry.network_id, address]


def _keys(entry: Entry) -> set[tuple[str, str]]:
    return {(entry.network_id, name.lower()) for name in entry.names}
