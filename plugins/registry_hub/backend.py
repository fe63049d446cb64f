"""The registry backend: any registry of the distribution-spec, Docker Hub by default, mirrors first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio

from plugins.registry_hub.downloads import Download, Patience
from plugins.registry_hub.endpoints import Endpoint, Endpoints
from plugins.registry_hub.listings import list_tags, search
from plugins.registry_hub.manifests import ACCEPT, read_manifest
from plugins.registry_hub.refusals import login_failed, pull_error
from plugins.registry_hub.settings import HubSettings
from plugins.registry_hub.tokens import NO_CREDENTIALS
from plugins.registry_hub.transport import Request, Transport
from plugins.registry_hub.uploads import Upload
from sdk.drivers.registry import Credentials, RegistryBackend, ResolvedManifest, SearchResult
from sdk.errors import EngineError, Unauthorized, Unavailable
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


class HubBackend(RegistryBackend):
    """Speaks HTTP/1.1 to registries over pooled connections."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self._endpoints = Endpoints(settings)
        self._transport = Transport(settings)

    async def close(self) -> None:
        """Close every pooled connection, also for a daemon that is being stopped."""
        with anyio.CancelScope(shield=True):
            await self._transport.connections.close()

    async def resolve(self, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        failure: EngineError | None = None
        for endpoint in await self._endpoints.of(reference.domain):
            try:
                return await self._manifest(endpoint, reference, credentials)
            except EngineError as error:
                failure = error
        raise failure or Unavailable(f"no endpoint for {reference.familiar}")

    @asynccontextmanager
    async def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        endpoints = await self._endpoints.of(reference.domain)
        download = Download(
            self._transport, endpoints, reference, descriptor, credentials, offset=offset, patience=Patience.of(self._settings)
        )
        try:
            if offset < descriptor.size:
                await download.open()
            yield download.chunks()
        finally:
            with anyio.CancelScope(shield=True):
                await download.close()

    async def push_blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        content: AsyncIterator[bytes],
        credentials: Credentials,
        *,
        mount_from: Sequence[Reference] = (),
    ) -> bool:
        return await (await self._upload(reference, credentials)).blob(descriptor, content, mount_from, self._settings.upload_chunk)

    async def has_blob(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, mount_from: Sequence[Reference] = ()
    ) -> bool:
        return await (await self._upload(reference, credentials)).has(descriptor.digest, mount_from)

    async def push_manifest(self, reference: Reference, content: bytes, media_type: str, credentials: Credentials) -> None:
        await (await self._upload(reference, credentials)).manifest(content, media_type)

    async def authenticate(self, credentials: Credentials) -> str:
        endpoint = await self._endpoints.origin(credentials.server_address)
        url = f"{await self._transport.base(endpoint)}/v2/"
        async with self._transport.open(endpoint, Request("GET", "/v2/", credentials=credentials)) as response:
            if response.status_code != 200:
                raise login_failed(url, response.status_code)
        return await self._transport.authorizer.identity(endpoint, credentials)

    async def tags(self, reference: Reference, credentials: Credentials) -> Sequence[str]:
        failure: EngineError | None = None
        for endpoint in await self._endpoints.of(reference.domain):
            try:
                return await list_tags(self._transport, endpoint, reference, credentials)
            except EngineError as error:
                failure = error
        raise failure or Unavailable(f"no endpoint for {reference.familiar_name}")

    async def search(self, term: str, limit: int, credentials: Credentials) -> Sequence[SearchResult]:
        return await search(self._transport, term, limit, credentials)

    async def _upload(self, reference: Reference, credentials: Credentials) -> Upload:
        return Upload(self._transport, await self._endpoints.origin(reference.domain), reference, credentials)

    async def _manifest(self, endpoint: Endpoint, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        path = f"/v2/{reference.path}/manifests/{reference.target}"
        request = Request("GET", path, f"repository:{reference.path}:pull", credentials, {"Accept": ACCEPT})
        url = f"{await self._transport.base(endpoint)}{path}"
        try:
            reply = await self._transport.ask(endpoint, request)
        except Unauthorized as error:
            if error.message != NO_CREDENTIALS:
                raise
            # not Unauthorized: clients would ask for a password in the middle of a pull, which Docker's do not
            raise Unavailable(f'Head "{url}": {error.message}') from error
        if reply.status != 200:
            raise pull_error(reference, reply.status, reply.content)
        return read_manifest(reference, reply)
