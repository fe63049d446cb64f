"""Lists: the tags of a repository (distribution-spec: "Listing Tags") and Docker Hub's search."""

from dataclasses import replace

import httpx
from msgspec import Struct

from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.refusals import parse_refusal, pull_error
from plugins.registry_hub.replies import decode
from plugins.registry_hub.transport import Request, Transport
from sdk.drivers.registry import Credentials, SearchResult
from sdk.errors import Unavailable
from sdk.oci.reference import Reference, is_tag
from sdk.text import cleaned

_MOST_TAGS = 200_000
_MOST_PAGES = 2_000
_LONGEST_LINK = 8 << 10
_INDEX = Endpoint("index.docker.io", ("https://index.docker.io",), verify=True)


class _Tags(Struct):
    tags: list[str] | None = None


class _Results(Struct):
    results: list[SearchResult]


async def list_tags(transport: Transport, endpoint: Endpoint, reference: Reference, credentials: Credentials) -> list[str]:
    """Return a repository's tags, page after page, without what is no tag. Raises NotFound, Unauthorized, Unavailable."""
    path: str = f"/v2/{reference.path}/tags/list"
    found: dict[str, None] = {}
    for _page in range(_MOST_PAGES):
        reply = await transport.ask(endpoint, Request("GET", path, f"repository:{reference.path}:pull", credentials))
        if reply.status != 200:
            raise pull_error(reference, reply.status, reply.content)
        tags = decode(reply.content, _Tags, "unreadable reply").tags or []
        known = len(found)
        found.update(dict.fromkeys(tag for tag in tags if is_tag(tag)))
        path = _next(reply.headers)
        if not path:
            return list(found)
        if len(found) == known or len(found) > _MOST_TAGS:
            break
    raise Unavailable(f"{reference.familiar_name}: the registry's list of tags does not end")


async def search(transport: Transport, term: str, limit: int, credentials: Credentials) -> list[SearchResult]:
    """Search Docker Hub. Raises Unavailable."""
    path = str(httpx.URL("/v1/search", params={"q": term, "n": str(limit)}))
    reply = await transport.ask(_INDEX, Request("GET", path, credentials=credentials))
    if reply.status != 200:
        raise Unavailable(parse_refusal(reply.status, reply.content).sentence)
    results = decode(reply.content, _Results, "unreadable reply").results
    return [replace(hit, name=cleaned(hit.name), description=cleaned(hit.description)) for hit in results[: max(limit, 0)]]


def _next(headers: httpx.Headers) -> str:
    """Return where the next page is (RFC 8288)."""
    links = httpx.Response(200, headers={"Link": headers["Link"][:_LONGEST_LINK]}).links if "Link" in headers else {}
    return links.get("next", {}).get("url", "")
