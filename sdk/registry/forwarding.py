"""A registry backend that passes every call on."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sdk.drivers.registry import Credentials, RegistryBackend, ResolvedManifest, SearchResult
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


class ForwardingBackend(RegistryBackend):
    """Asks for each call which backend is to serve it."""

    @abstractmethod
    async def backend_of(self, host: str) -> RegistryBackend:
        """Return the backend for a registry, `host[:port]`; "" stands for the one that serves where no host is named."""

    async def resolve(self, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        return await (await self.backend_of(reference.domain)).resolve(reference, credentials)

    @asynccontextmanager
    async def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        backend = await self.backend_of(reference.domain)
        async with backend.fetch(reference, descriptor, credentials, offset=offset) as chunks:
            yield chunks

    async def push_blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        content: AsyncIterator[bytes],
        credentials: Credentials,
        *,
        mount_from: Sequence[Reference] = (),
    ) -> bool:
        backend = await self.backend_of(reference.domain)
        return await backend.push_blob(reference, descriptor, content, credentials, mount_from=mount_from)

    async def has_blob(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, mount_from: Sequence[Reference] = ()
    ) -> bool:
        backend = await self.backend_of(reference.domain)
        return await backend.has_blob(reference, descriptor, credentials, mount_from=mount_from)

    async def push_manifest(self, reference: Reference, content: bytes, media_type: str, credentials: Credentials) -> None:
        await (await self.backend_of(reference.domain)).push_manifest(reference, content, media_type, credentials)

    async def authenticate(self, credentials: Credentials) -> str:
        host = credentials.server_address.rpartition("://")[2].partition("/")[0]
        return await (await self.backend_of(host)).authenticate(credentials)

    async def tags(self, reference: Reference, credentials: Credentials) -> Sequence[str]:
        return await (await self.backend_of(reference.domain)).tags(reference, credentials)

    async def search(self, term: str, limit: int, credentials: Credentials) -> Sequence[SearchResult]:
        return await (await self.backend_of("")).search(term, limit, credentials)
