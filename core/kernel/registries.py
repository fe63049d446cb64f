"""The registry backend that the engine gets: the chosen one, and for the hosts that others claim, those."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

from core.config import ConfigurationError
from sdk.drivers.registry import Credentials, RegistryBackend, ResolvedManifest, SearchResult
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


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


class RegistriesByHost(RegistryBackend):
    """Passes each call on to the backend of the host it is about."""

    def __init__(self, chosen: RegistryBackend, others: Mapping[str, RegistryBackend]) -> None:
        self._chosen = chosen
        self._others = others

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(self._others)

    async def resolve(self, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        return await self._of(reference.domain).resolve(reference, credentials)

    def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._of(reference.domain).fetch(reference, descriptor, credentials, offset=offset)

    async def push_blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        content: AsyncIterator[bytes],
        credentials: Credentials,
        *,
        mount_from: Sequence[Reference] = (),
    ) -> bool:
        return await self._of(reference.domain).push_blob(reference, descriptor, content, credentials, mount_from=mount_from)

    async def has_blob(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, mount_from: Sequence[Reference] = ()
    ) -> bool:
        return await self._of(reference.domain).has_blob(reference, descriptor, credentials, mount_from=mount_from)

    async def push_manifest(self, reference: Reference, content: bytes, media_type: str, credentials: Credentials) -> None:
        await self._of(reference.domain).push_manifest(reference, content, media_type, credentials)

    async def authenticate(self, credentials: Credentials) -> str:
        address = credentials.server_address
        host = urlsplit(address).netloc if "://" in address else address.partition("/")[0]
        return await self._of(host).authenticate(credentials)

    async def tags(self, reference: Reference, credentials: Credentials) -> Sequence[str]:
        return await self._of(reference.domain).tags(reference, credentials)

    async def search(self, term: str, limit: int, credentials: Credentials) -> Sequence[SearchResult]:
        return await self._chosen.search(term, limit, credentials)

    def _of(self, host: str) -> RegistryBackend:
        return self._others.get(host, self._chosen)
