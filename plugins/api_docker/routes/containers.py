"""/containers: the life of containers."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import read_object
from plugins.api_docker.convert.containers import container_inspect
from plugins.api_docker.convert.create import create_request, empty_bindings, update_request
from plugins.api_docker.convert.networks import packet_path
from plugins.api_docker.models.containers import ContainerCreated, ContainersPruned, PlanStep, Top, Updated
from plugins.api_docker.queries import EngineOf, Filtering, Flag, OptionalInteger, VersionOf, is_experimental, parse_platform_text
from plugins.api_docker.replies import json, no_content, not_modified
from sdk.docker.create import FoundLate
from sdk.engine.containers import Changed, ListRequest
from sdk.errors import InvalidArgument, Unsupported

router = APIRouter(prefix="/containers")

_CHECKPOINT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)


@router.get("/json")
async def list_containers(
    request: Request,
    engine: EngineOf,
    filters: Filtering,
    version: VersionOf,
    everything: Annotated[Flag, Query(alias="all")] = False,
    limit: OptionalInteger = None,
    size: Flag = False,
) -> Response:
    """List containers, newest first."""
    infos = await engine.containers.list(ListRequest(everything, limit or 0, size, filters))
    return Response(request.app.state.summaries.encode(infos, version), media_type="application/json")


@router.post("/create")
async def create_container(request: Request, engine: EngineOf, version: VersionOf, name: str = "", platform: str = "") -> Response:
    """Create a container."""
    body = await read_object(request, missing="EOF")
    wanted = parse_platform_text(platform)
    try:
        asked = create_request(body, name, wanted, version)
    except FoundLate:
        if isinstance(image := body.get("Image"), str):
            await engine.images.inspect(image, platform=wanted)
        raise
    created = await engine.containers.create(asked)
    return json(ContainerCreated(created.id, (*created.warnings, *empty_bindings(body, version))), 201)


@router.post("/prune")
async def prune_containers(engine: EngineOf, filters: Filtering) -> Response:
    """Remove stopped containers."""
    pruned = await engine.containers.prune(filters)
    return json(ContainersPruned(pruned.deleted, pruned.space_reclaimed))


@router.get("/{name:path}/json")
async def inspect_container(name: str, engine: EngineOf, version: VersionOf, size: Flag = False) -> Response:
    """Show a container in full."""
    return json(container_inspect(await engine.containers.inspect(name, size=size), version))


@router.get("/{name:path}/packet-paths")
async def explain_ports(name: str, engine: EngineOf) -> Response:
    """Tell rule by rule how packets reach a container's published ports (this engine's own)."""
    return json([packet_path(path) for path in await engine.networks.explain(name)])


@router.get("/{name:path}/plan")
async def explain_container(name: str, engine: EngineOf) -> Response:
    """Tell every system call that makes a container, with the reason for it (this engine's own)."""
    return json([PlanStep(*step) for step in await engine.containers.explain(name)])


@router.post("/{name:path}/start")
async def start_container(name: str, request: Request, engine: EngineOf, checkpoint: str = "") -> Response:
    """Start a container."""
    if checkpoint:
        _refuse_checkpoint(checkpoint, experimental=is_experimental(request))
    return _changed(await engine.containers.start(name))


@router.post("/{name:path}/stop")
async def stop_container(name: str, engine: EngineOf, t: OptionalInteger = None, signal: str = "") -> Response:
    """Stop a container."""
    return _changed(await engine.containers.stop(name, timeout=t, signal=signal))


@router.post("/{name:path}/restart")
async def restart_container(name: str, engine: EngineOf, t: OptionalInteger = None, signal: str = "") -> Response:
    """Stop a container and start it again."""
    await engine.containers.restart(name, timeout=t, signal=signal)
    return no_content()


@router.post("/{name:path}/kill")
async def kill_container(name: str, engine: EngineOf, signal: str = "") -> Response:
    """Send a container a signal."""
    await engine.containers.kill(name, signal)
    return no_content()


@router.post("/{name:path}/pause")
async def pause_container(name: str, engine: EngineOf) -> Response:
    """Freeze a container's processes."""
    await engine.containers.pause(name)
    return no_content()


@router.post("/{name:path}/unpause")
async def unpause_container(name: str, engine: EngineOf) -> Response:
    """Let a frozen container go on."""
    await engine.containers.unpause(name)
    return no_content()


@router.post("/{name:path}/rename")
async def rename_container(name: str, engine: EngineOf, new: Annotated[str, Query(alias="name")] = "") -> Response:
    """Give a container another name."""
    await engine.containers.rename(name, new.removeprefix("/"))
    return no_content()


@router.post("/{name:path}/update")
async def update_container(name: str, request: Request, engine: EngineOf, version: VersionOf) -> Response:
    """Change limits and the restart policy."""
    changes = update_request(await read_object(request), version)
    return json(Updated(tuple(await engine.containers.update(name, changes))))


@router.get("/{name:path}/top")
async def top_container(name: str, engine: EngineOf, ps_args: str = "") -> Response:
    """List a container's processes."""
    table = await engine.streams.top(name, ps_args)
    return json(Top(table.titles, table.rows))


@router.delete("/{name:path}")
async def remove_container(name: str, engine: EngineOf, v: Flag = False, force: Flag = False, link: Flag = False) -> Response:
    """Remove a container."""
    await engine.containers.remove(name, force=force, volumes=v, link=link)
    return no_content()


def _refuse_checkpoint(checkpoint: str, *, experimental: bool) -> None:
    if not _CHECKPOINT.fullmatch(checkpoint) or checkpoint.endswith("."):
        raise InvalidArgument(f'invalid checkpoint ID "{checkpoint}", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed')
    if experimental:
        raise Unsupported("checkpoints are not supported by this engine")
    raise InvalidArgument("checkpoint is only supported in experimental mode")


def _changed(changed: Changed) -> Response:
    return no_content() if changed is Changed.YES else not_modified()
