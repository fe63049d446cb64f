"""/volumes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import decode, upload
from plugins.api_docker.convert.volumes import volume
from plugins.api_docker.models.volumes import VolumeCreateBody, VolumeList, VolumesPruned
from plugins.api_docker.queries import EngineOf, Filtering, Flag, VersionOf
from plugins.api_docker.replies import Streaming, json, no_content
from plugins.api_docker.versions import ApiVersion
from sdk.engine.volumes import VolumeCreate

router = APIRouter(prefix="/volumes")

PRUNES_ANONYMOUS_ONLY = ApiVersion(1, 42)


@router.get("")
async def list_volumes(engine: EngineOf, filters: Filtering) -> Response:
    """List volumes."""
    return json(VolumeList([volume(info) for info in await engine.volumes.list(filters)]))


@router.post("/create")
async def create_volume(request: Request, engine: EngineOf) -> Response:
    """Create a volume."""
    body = await decode(request, VolumeCreateBody)
    info = await engine.volumes.create(VolumeCreate(body.name, body.driver, body.driver_opts, body.labels))
    return json(volume(info), 201)


@router.post("/prune")
async def prune_volumes(engine: EngineOf, version: VersionOf, filters: Filtering) -> Response:
    """Remove unused volumes; before API 1.42 named ones as well."""
    if version < PRUNES_ANONYMOUS_ONLY:
        filters = {**filters, "all": ("1",)}
    pruned = await engine.volumes.prune(filters)
    return json(VolumesPruned(pruned.deleted, pruned.space_reclaimed))


@router.get("/{name:path}/archive")
async def export_volume(name: str, engine: EngineOf) -> Response:
    """Send a tar of a volume's contents (this engine's own)."""
    return Streaming(await engine.volumes.export(name), "application/x-tar")


@router.put("/{name:path}/archive")
async def import_volume(name: str, request: Request, engine: EngineOf, force: Flag = False) -> Response:
    """Unpack a tar over a volume's contents (this engine's own)."""
    await engine.volumes.import_archive(name, upload(request), force=force)
    return no_content()


@router.post("/{name:path}/clone")
async def clone_volume(name: str, engine: EngineOf, new_name: Annotated[str, Query(alias="name")] = "") -> Response:
    """Make a volume with the contents of another (this engine's own)."""
    return json(volume(await engine.volumes.clone(name, new_name)), 201)


@router.get("/{name:path}")
async def inspect_volume(name: str, engine: EngineOf) -> Response:
    """Show a volume."""
    return json(volume(await engine.volumes.inspect(name)))


@router.delete("/{name:path}")
async def remove_volume(name: str, engine: EngineOf, force: Flag = False) -> Response:
    """Remove a volume."""
    await engine.volumes.remove(name, force=force)
    return no_content()
