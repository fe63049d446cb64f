"""/images: the image store."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import read_object
from plugins.api_docker.convert.create import container_config
from plugins.api_docker.convert.images import (
    ATTESTATIONS,
    IDENTITIES,
    MANIFESTS,
    REMOVED_BY_PLATFORM,
    attestation,
    deleted_images,
    history_item,
    image_inspect,
    image_summary,
    search_hit,
)
from plugins.api_docker.models.images import Identified, ImagesPruned
from plugins.api_docker.queries import EngineOf, Filtering, Flag, Integer, Texts, VersionOf, parse_platform_json
from plugins.api_docker.registry_auth import parse_registry_auth
from plugins.api_docker.replies import json
from sdk.engine.images import CommitRequest, ImageListRequest
from sdk.errors import InvalidArgument, NotFound
from sdk.text import lines

router = APIRouter()


@router.get("/images/json")
async def list_images(
    engine: EngineOf,
    version: VersionOf,
    filters: Filtering,
    everything: Annotated[Flag, Query(alias="all")] = False,
    shared_size: Annotated[Flag, Query(alias="shared-size")] = False,
    manifests: Flag = False,
    identity: Flag = False,
) -> Response:
    """List images."""
    identity = identity and version >= IDENTITIES
    if identity and not manifests:
        raise InvalidArgument("conflicting options: identity requires manifests=1")
    infos = await engine.images.list(ImageListRequest(everything, filters, shared_size, manifests and version >= MANIFESTS))
    return json([image_summary(info, version, identity=identity) for info in infos])


@router.get("/images/search")
async def search_images(request: Request, engine: EngineOf, filters: Filtering, term: str = "", limit: Integer = 25) -> Response:
    """Search a registry for repositories."""
    login = parse_registry_auth(request.headers.get("x-registry-auth", ""))
    return json([search_hit(hit) for hit in await engine.images.search(term, limit, filters, login)])


@router.post("/images/prune")
async def prune_images(engine: EngineOf, filters: Filtering) -> Response:
    """Remove unused images."""
    removals, freed = await engine.images.prune(filters)
    return json(ImagesPruned(deleted_images(removals), freed))


@router.get("/images/{name:path}/json")
async def inspect_image(name: str, engine: EngineOf, version: VersionOf, platform: str = "", manifests: Flag = False) -> Response:
    """Show an image in full."""
    wanted = parse_platform_json(platform)
    if wanted and manifests:
        raise InvalidArgument("conflicting options: manifests and platform options cannot both be set")
    info = await engine.images.inspect(name, platform=wanted, manifests=manifests and version >= MANIFESTS)
    return json(image_inspect(info, version, (await engine.system.info()).storage_driver))


@router.get("/images/{name:path}/attestations")
async def image_attestations(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    platform: Texts = [],  # noqa: B006 - FastAPI copies defaults
    types: Annotated[list[str], Query(alias="type")] = [],  # noqa: B006 - FastAPI copies defaults
    statement: Flag = False,
) -> Response:
    """Show what is attested of an image."""
    if version < ATTESTATIONS:
        raise NotFound("page not found")
    if len(platform) > 1:
        raise InvalidArgument("multiple platform parameters are not supported")
    wanted = parse_platform_json(platform[0]) if platform else None
    found = await engine.images.attestations(name, platform=wanted, types=types, statements=statement)
    return json([attestation(each) for each in found])


@router.get("/images/{name:path}/history")
async def image_history(name: str, engine: EngineOf, platform: str = "") -> Response:
    """Show how an image was made."""
    steps = await engine.images.history(name, platform=parse_platform_json(platform))
    return json([history_item(step) for step in steps])


@router.post("/images/{name:path}/tag")
async def tag_image(name: str, engine: EngineOf, repo: str = "", tag: str = "") -> Response:
    """Give an image another name."""
    await engine.images.tag(name, repo, tag)
    return Response(status_code=201)


@router.delete("/images/{name:path}")
async def remove_image(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    force: Flag = False,
    noprune: Flag = False,
    platforms: Texts = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Untag an image, and delete it with its last name."""
    if not name.strip():
        raise InvalidArgument("image name cannot be blank")
    chosen = tuple(found for text in platforms if (found := parse_platform_json(text))) if version >= REMOVED_BY_PLATFORM else ()
    return json(deleted_images(await engine.images.remove(name, force=force, prune=not noprune, platforms=chosen)))


@router.post("/commit")
async def commit_container(
    request: Request,
    engine: EngineOf,
    container: str = "",
    repo: str = "",
    tag: str = "",
    comment: str = "",
    author: str = "",
    changes: Texts = [],  # noqa: B006 - FastAPI copies defaults
    pause: Flag = True,
) -> Response:
    """Make an image of a container."""
    body = await read_object(request)
    config = container_config(body) if body else None
    steps = tuple(line for change in changes for line in lines(change) if line)
    image = await engine.images.commit(CommitRequest(container, repo, tag, comment, author, steps, pause, config))
    return json(Identified(image), 201)
