"""Lists: the tags of a repository (distribution-spec: "Listing Tags") and Docker Hub's search."""

from typing import TypeVar

import httpx
import msgspec
from msgspec import Struct

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.manifests import read_limited
from plugins.registry_hub.refusals import parse_refusal, pull_error, unreachable
from plugins.registry_hub.transport import Request, Transport
from sdk.drivers.registry import Credentials, SearchResult
from sdk.errors import Unavailable
from sdk.oci.reference import Reference

_INDEX = Endpoint("index.docker.io", ("https://index.docker.io",), verify=True)


class _Tags(Struct):
    tags: list[str] | None = None


class _Results(Struct):
    results: list[SearchResult]


_Listing = TypeVar("_Listing", _Tags, _Results)


async def list_tags(transport: Transport, endpoint: Endpoint, reference: Reference, credentials: Credentials) -> list[str]:
    """Return a repository's tags, page after page. Raises NotFound, Unauthorized, Unavailable."""
    path: str | None = f"/v2/{reference.path}/tags/list"
    found: list[str] = []
    while path:
        request = Request("GET", path, f"repository:{reference.path}:pull", credentials)
        status, content, path = await _get(transport, endpoint, request)
        if status != 200:
            raise pull_error(reference, status, content)
        found += _decode(content, _Tags).tags or []
    return found


async def search(transport: Transport, term: str, limit: int, credentials: Credentials) -> list[SearchResult]:
    """Search Docker Hub. Raises Unavailable."""
    path = str(httpx.URL("/v1/search", params={"q": term, "n": str(limit)}))
    status, content, _next = await _get(transport, _INDEX, Request("GET", path, credentials=credentials))
    if status != 200:
        raise Unavailable(parse_refusal(status, content).sentence)
    return _decode(content, _Results).results


async def _get(transport: Transport, endpoint: Endpoint, request: Request) -> tuple[int, bytes, str | None]:
    """Return a reply's status, its body, and where the next page is."""
    try:
        async with transport.open(endpoint, request) as response:
            following = response.links.get("next", {}).get("url")
            return response.status_code, await read_limited(response), following
    except httpx.TransportError as error:
        raise unreachable(request.path, error) from error


def _decode(content: bytes, kind: type[_Listing]) -> _Listing:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"unreadable reply: {error}") from error
