"""/containers: files of a container, running or not."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import upload
from plugins.api_docker.convert.files import filesystem_change, path_stat_header
from plugins.api_docker.queries import EngineOf, Flag
from plugins.api_docker.replies import Streaming, json
from sdk.engine.containers import PathStat
from sdk.errors import InvalidArgument

router = APIRouter(prefix="/containers")

Path = Annotated[str, Query(alias="path")]


@router.head("/{name:path}/archive")
async def stat_path(name: str, engine: EngineOf, path: Path = "") -> Response:
    """Describe a path."""
    found = await engine.files.stat(name, _required(path))
    return Response(headers=_described(found))


@router.get("/{name:path}/archive")
async def read_archive(name: str, engine: EngineOf, path: Path = "") -> Response:
    """Send a tar of a path."""
    found, content = await engine.files.read_archive(name, _required(path))
    return Streaming(content, "application/x-tar", headers=_described(found))


@router.put("/{name:path}/archive")
async def write_archive(
    name: str,
    request: Request,
    engine: EngineOf,
    path: Path = "",
    no_overwrite: Annotated[Flag, Query(alias="noOverwriteDirNonDir")] = False,
    copy_owner: Annotated[Flag, Query(alias="copyUIDGID")] = False,
) -> Response:
    """Unpack a tar into a directory."""
    content = upload(request)
    await engine.files.write_archive(name, _required(path), content, no_overwrite_dir_non_dir=no_overwrite, copy_uid_gid=copy_owner)
    return Response()


@router.get("/{name:path}/changes")
async def container_changes(name: str, engine: EngineOf) -> Response:
    """List what differs from the image."""
    return json([filesystem_change(change) for change in await engine.files.changes(name)])


@router.get("/{name:path}/export")
async def export_container(name: str, engine: EngineOf) -> Response:
    """Send a tar of the whole file system."""
    return Streaming(await engine.files.export(name), "application/octet-stream")


def _described(path: PathStat) -> dict[str, str]:
    return {"X-Docker-Container-Path-Stat": path_stat_header(path)}


def _required(path: str) -> str:
    if not path:
        raise InvalidArgument("bad parameter: path cannot be empty")
    return path
