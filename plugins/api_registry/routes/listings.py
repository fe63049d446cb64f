"""What there is: the version, repositories, tags and referrers (distribution-spec: "Content Discovery")."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from plugins.api_registry.errors import Refusal
from plugins.api_registry.names import repository
from sdk.oci.descriptor import OCI_INDEX
from sdk.oci.digest import parse_digest
from sdk.oci.image import Index
from sdk.oci.reference import parse_reference

_NUMBER = re.compile(r"[0-9]{1,18}")


async def version(request: Request) -> Response:
    """Say that this is such a registry."""
    del request
    return Response(b"{}", headers={"Docker-Distribution-API-Version": "registry/2.0"}, media_type="application/json")


async def catalog(request: Request) -> Response:
    """List the repositories by the names people type."""
    names = sorted(parse_reference(name).familiar_name for name in await request.app.state.content.repositories())
    page, headers = _page(request, names)
    return Response(msgspec.json.encode({"repositories": page}), headers=headers, media_type="application/json")


async def tags(request: Request) -> Response:
    """List a repository's tags."""
    found = await request.app.state.content.tags(repository(request))
    page, headers = _page(request, found)
    body = {"name": request.path_params["name"], "tags": page}
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


async def referrers(request: Request) -> Response:
    """List the manifests that refer to another."""
    subject, kind = parse_digest(request.path_params["digest"]), request.query_params.get("artifactType", "")
    found = await request.app.state.content.referrers(repository(request), subject)
    wanted = tuple(each for each in found if kind in ("", each.artifact_type))
    headers = {"OCI-Filters-Applied": "artifactType"} if kind else {}
    return Response(msgspec.json.encode(Index(manifests=wanted)), headers=headers, media_type=OCI_INDEX)


def _page(request: Request, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the names after `last`, `n` of them at most, and where the next page is."""
    last, limit = request.query_params.get("last", ""), request.query_params.get("n", "")
    rest = [name for name in names if name > last]
    if not limit:
        return rest, {}
    if not _NUMBER.fullmatch(limit):
        raise Refusal(400, "PAGINATION_NUMBER_INVALID", f"not a number: {limit}")
    page = rest[: int(limit)]
    if not page or len(page) == len(rest):
        return page, {}
    query = urlencode({**request.query_params, "n": limit, "last": page[-1]})
    return page, {"Link": f'<{request.url.path}?{query}>; rel="next"'}
