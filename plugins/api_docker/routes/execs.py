"""/containers/{name}/exec and /exec: further processes in running containers."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from plugins.api_docker.bodies import GOT_EOF, convert, decode, read_object
from plugins.api_docker.convert.execs import exec_inspect, exec_request
from plugins.api_docker.convert.logs import stream_type
from plugins.api_docker.models.execs import ExecConfig, ExecCreated, ExecStart
from plugins.api_docker.queries import EngineOf, Resizing, VersionOf
from plugins.api_docker.replies import Hijacking, json
from plugins.api_docker.sessions import serve_session

router = APIRouter()


@router.post("/containers/{name:path}/exec")
async def create_exec(name: str, request: Request, engine: EngineOf) -> Response:
    """Prepare a process."""
    body = await read_object(request, missing=GOT_EOF)
    if isinstance(command := body.get("Cmd"), str):
        body["Cmd"] = [command]
    return json(ExecCreated(await engine.execs.create(name, exec_request(convert(body, ExecConfig)))), 201)


@router.post("/exec/{exec_id}/start")
async def start_exec(exec_id: str, request: Request, engine: EngineOf, version: VersionOf) -> Response:
    """Start a process: detached at once, otherwise when the connection is taken over.

    As in dockerd it is this body that says whether output is framed, whatever the process has.
    """
    body = await decode(request, ExecStart)
    rows, columns = body.console_size
    session = await engine.execs.start(exec_id, detach=body.detach, rows=rows, columns=columns)
    if session is None:
        return Response()
    return Hijacking(serve_session(session, terminal=body.tty), stream_type(version, terminal=body.tty))


@router.get("/exec/{exec_id}/json")
async def inspect_exec(exec_id: str, engine: EngineOf) -> Response:
    """Show a process, also after its end."""
    return json(exec_inspect(await engine.execs.inspect(exec_id)))


@router.post("/exec/{exec_id}/resize")
async def resize_exec(exec_id: str, engine: EngineOf, size: Resizing) -> Response:
    """Resize a process' terminal."""
    await engine.execs.resize(exec_id, size.rows, size.columns)
    return Response()
