"""Answers to one container's questions."""

from collections.abc import Sequence

from core.networks.dns import codec
from core.networks.dns.codec import Address, Query
from core.networks.dns.directory import Directory, Entry
from core.networks.dns.scope import Neighbourhood, Scope


class Answers:
    """Local answers for one scope."""

    def __init__(self, directory: Directory, scope: Scope) -> None:
        self._directory = directory
        self._scope = scope

    def find(self, query: Query) -> Sequence[Address | str] | None:
        """Return what is known of a name here: nothing if it has no address of that kind, None if the name is not ours."""
        if not query.internet:
            return None
        if query.kind == codec.POINTER:
            return self._reverse(query.name)
        entries = self._entries(query.name)
        if not entries:
            return None
        versions = {codec.IPV4: (4,), codec.IPV6: (6,), codec.ANY: (4, 6)}.get(query.kind, ())
        return [address for entry in entries for address in entry.addresses if address.version in versions]

    def may_forward(self, query: Query) -> bool:
        """Tell whether other servers may be asked: not for the address of a name without dots, where `ndots` is set. The client comes
        again with its search domain."""
        return self._scope.ndots == 0 or "." in query.name or query.kind not in (codec.IPV4, codec.IPV6)

    def _entries(self, name: str) -> tuple[Entry, ...]:
        """Return who has a name: on the first network that knows it, or on the network whose own name, maybe with dots, it ends in."""
        for network in self._scope.networks:
            if found := self._on(network, name):
                return found
        for network in self._scope.networks:
            host = name.removesuffix(f".{network.name.lower()}")
            if host != name and (found := self._on(network, host)):
                return found
        return ()

    def _on(self, network: Neighbourhood, name: str) -> tuple[Entry, ...]:
        linked = network.links.get(name)
        return self._directory.named(network.id, linked or name)

    def _reverse(self, name: str) -> Sequence[str] | None:
        address = codec.reversed_address(name)
        if address is None:
            return None
        for network in self._scope.networks:
            if entry := self._directory.addressed(network.id, address):
                return [f"{entry.names[0]}.{network.name}"]
        return None
