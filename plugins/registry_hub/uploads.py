"""Pushing blobs and manifests (distribution-spec: "Pushing blobs", monolithic; "Mounting a blob from another repository")."""

from collections.abc import AsyncIterator, Sequence

import httpx

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.manifests import read_limited
from plugins.registry_hub.refusals import push_error, unreachable
from plugins.registry_hub.transport import Request, Transport
from sdk.drivers.registry import Credentials
from sdk.oci.descriptor import Descriptor
from sdk.oci.reference import Reference


class Upload:
    """Uploads to one repository of one endpoint."""

    def __init__(self, transport: Transport, endpoint: Endpoint, reference: Reference, credentials: Credentials) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._reference = reference
        self._credentials = credentials
        self._scope = f"repository:{reference.path}:pull,push"

    async def blob(self, descriptor: Descriptor, content: AsyncIterator[bytes], mount_from: Sequence[Reference]) -> bool:
        """Upload a blob unless it is there or can be mounted. Return whether it was sent."""
        if await self._has(descriptor.digest):
            return False
        location = ""
        for source in mount_from:
            if source.domain == self._reference.domain and source.path != self._reference.path:
                location = await self._start({"mount": descriptor.digest, "from": source.path})
                break
        else:
            location = await self._start({})
        if not location:
            return False
        await self._send(location, descriptor, content)
        return True

    async def manifest(self, content: bytes, media_type: str) -> None:
        """Upload a manifest under the reference's tag or digest."""
        path = f"/v2/{self._reference.path}/manifests/{self._reference.target}"
        await self._expect((201, 202), self._request("PUT", path, {"Content-Type": media_type}, content))

    async def _has(self, digest: str) -> bool:
        request = self._request("HEAD", f"/v2/{self._reference.path}/blobs/{digest}")
        return (await self._expect((200, 404), request)).status_code == 200

    async def _start(self, query: dict[str, str]) -> str:
        """Open an upload and return where to send to; "" if the registry mounted the blob instead."""
        path = str(httpx.URL(f"/v2/{self._reference.path}/blobs/uploads/", params=query))
        response = await self._expect((201, 202), self._request("POST", path, {"Content-Length": "0"}))
        return "" if response.status_code == 201 else str(response.url.join(response.headers["Location"]))

    async def _send(self, location: str, descriptor: Descriptor, content: AsyncIterator[bytes]) -> None:
        url = str(httpx.URL(location).copy_merge_params({"digest": descriptor.digest}))
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(descriptor.size)}
        await self._expect((201, 204), self._request("PUT", url, headers, content))

    def _request(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | AsyncIterator[bytes] | None = None
    ) -> Request:
        return Request(method, path, self._scope, self._credentials, headers or {}, content)

    async def _expect(self, statuses: Sequence[int], request: Request) -> httpx.Response:
        try:
            async with self._transport.open(self._endpoint, request) as response:
                if response.status_code not in statuses:
                    raise push_error(self._reference, response.status_code, await read_limited(response))
                return response
        except httpx.TransportError as error:
            raise unreachable(request.path, error) from error
