"""/plugins and checkpoints: Docker's own plugin system and CRIU, which this engine does not have."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from plugins.api_docker.bodies import read_value
from plugins.api_docker.replies import json
from sdk.errors import InvalidArgument, NotFound, Unsupported

router = APIRouter()


@router.get("/plugins")
async def list_plugins() -> Response:
    """List managed plugins: there are none."""
    return json([])


@router.get("/plugins/{name:path}/json")
async def inspect_plugin(name: str) -> Response:
    """Find no plugin."""
    raise NotFound(f'plugin "{name}" not found')


@router.post("/plugins/pull")
async def pull_plugin(request: Request, remote: str = "") -> Response:
    """Look at the privileges granted, then refuse in words."""
    await read_value(request)
    if not remote:
        raise InvalidArgument("invalid reference format")
    return await manage_plugins()


@router.post("/plugins/{name:path}/set")
@router.post("/plugins/{name:path}/upgrade")
async def change_plugin(name: str, request: Request) -> Response:
    """Look at what is wanted, then find no plugin."""
    await read_value(request)
    raise NotFound(f'plugin "{name}" not found')


@router.get("/plugins/privileges")
@router.post("/plugins/{operation:path}")
@router.delete("/plugins/{operation:path}")
async def manage_plugins() -> Response:
    """Refuse in words."""
    raise Unsupported("managed plugins are not supported: this engine's plugins are Python distributions, see `core plugin list`")


@router.get("/containers/{name:path}/checkpoints")
@router.post("/containers/{name:path}/checkpoints")
@router.delete("/containers/{name:path}/checkpoints/{checkpoint}")
async def checkpoints() -> Response:
    """Refuse in words."""
    raise Unsupported("checkpoints are not supported by this engine")
