"""/build: builds, and what they cache."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from plugins.api_docker.queries import EngineOf, Filtering, Flag
from plugins.api_docker.replies import json
from sdk.engine.builds import BuildPruneRequest
from sdk.errors import Unsupported

router = APIRouter()


@router.post("/build")
@router.post("/build/cancel")
async def build_image() -> Response:
    """Refuse a build in words."""
    raise Unsupported("this engine has no builder yet: build the image elsewhere and pull or load it")


@router.post("/build/prune")
async def prune_builds(engine: EngineOf, filters: Filtering, everything: Annotated[Flag, Query(alias="all")] = False) -> Response:
    """Drop cached build results."""
    pruned = await engine.builds.prune(BuildPruneRequest(all=everything, filters=filters))
    return json({"CachesDeleted": pruned.deleted, "SpaceReclaimed": pruned.space_reclaimed})
