"""The registry backend that the engine gets: the chosen one, and for the hosts that others claim, those."""

from collections.abc import Mapping

from core.config import ConfigurationError
from sdk.drivers.registry import RegistryBackend
from sdk.registry.forwarding import ForwardingBackend


def by_host(chosen: str, backends: Mapping[str, RegistryBackend]) -> RegistryBackend:
    """Return one backend for all hosts. Raises ConfigurationError if two backends claim a host."""
    if len(backends) == 1:
        return backends[chosen]
    claims: dict[str, str] = {}
    for name, backend in sorted(backends.items()):
        for host in sorted(backend.hosts):
            if host in claims:
                raise ConfigurationError(f"registry {host} is claimed by both {claims[host]} and {name}")
            claims[host] = name
    others = {host: backends[name] for host, name in claims.items() if name != chosen}
    return RegistriesByHost(backends[chosen], others) if others else backends[chosen]


class ReplaceableBackend(ForwardingBackend):
    """Passes calls on to a backend that a reload of the configuration replaces; what is under way ends with the one it began with."""

    def __init__(self, current: RegistryBackend) -> None:
        self.current = current

    @property
    def hosts(self) -> frozenset[str]:
        return self.current.hosts

    async def backend_of(self, host: str) -> RegistryBackend:
        del host
        return self.current


class RegistriesByHost(ForwardingBackend):
    """Passes each call on to the backend of the host it is about."""

    def __init__(self, chosen: RegistryBackend, others: Mapping[str, RegistryBackend]) -> None:
        self._chosen = chosen
        self._others = others

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(self._others)

    async def backend_of(self, host: str) -> RegistryBackend:
        return self._others.get(host, self._chosen)
