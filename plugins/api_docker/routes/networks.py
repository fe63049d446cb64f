"""/networks."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from plugins.api_docker.bodies import GOT_EOF, decode
from plugins.api_docker.convert.networks import network, network_create, network_summary
from plugins.api_docker.models.networks import ConnectBody, DisconnectBody, NetworkCreateBody, NetworkCreated, NetworksPruned
from plugins.api_docker.queries import EngineOf, Filtering, VersionOf
from plugins.api_docker.replies import json, no_content
from sdk.docker.endpoints import endpoint_config

router = APIRouter(prefix="/networks")


@router.get("")
@router.get("/")
async def list_networks(engine: EngineOf, filters: Filtering, version: VersionOf) -> Response:
    """List networks, without their members."""
    return json([network_summary(info, version) for info in await engine.networks.list(filters)])


@router.post("/create")
async def create_network(request: Request, engine: EngineOf, version: VersionOf) -> Response:
    """Create a network."""
    body = await decode(request, NetworkCreateBody, missing=GOT_EOF)
    return json(NetworkCreated((await engine.networks.create(network_create(body, version))).id), 201)


@router.post("/prune")
async def prune_networks(engine: EngineOf, filters: Filtering) -> Response:
    """Remove unused networks."""
    return json(NetworksPruned(tuple(await engine.networks.prune(filters))))


@router.post("/{name:path}/connect")
async def connect_network(name: str, request: Request, engine: EngineOf) -> Response:
    """Connect a container."""
    body = await decode(request, ConnectBody, missing=GOT_EOF)
    await engine.networks.connect(name, body.container, endpoint_config(body.endpoint_config))
    return Response()


@router.post("/{name:path}/disconnect")
async def disconnect_network(name: str, request: Request, engine: EngineOf) -> Response:
    """Disconnect a container."""
    body = await decode(request, DisconnectBody, missing=GOT_EOF)
    await engine.networks.disconnect(name, body.container, force=body.force)
    return Response()


@router.get("/{name:path}")
async def inspect_network(name: str, engine: EngineOf, version: VersionOf) -> Response:
    """Show a network and its members."""
    return json(network(await engine.networks.inspect(name), version))


@router.delete("/{name:path}")
async def remove_network(name: str, engine: EngineOf) -> Response:
    """Remove a network."""
    await engine.networks.remove(name)
    return no_content()
