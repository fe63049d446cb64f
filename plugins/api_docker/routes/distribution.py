"""/distribution: what a registry says about an image."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from plugins.api_docker.models.images import Distribution
from plugins.api_docker.queries import EngineOf
from plugins.api_docker.registry_auth import parse_registry_auth
from plugins.api_docker.replies import json

router = APIRouter(prefix="/distribution")


@router.get("/{name:path}/json")
async def inspect_distribution(name: str, request: Request, engine: EngineOf) -> Response:
    """Show an image's descriptor and platforms without pulling it."""
    login = parse_registry_auth(request.headers.get("x-registry-auth", ""))
    found = await engine.images.distribution(name, login)
    return json(Distribution(found.descriptor, found.platforms))
