"""/images: images on their way in and out: pull, push, load, save, import."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import upload
from plugins.api_docker.progress import progress_reply, upload_reply
from plugins.api_docker.queries import EngineOf, Flag, Texts, VersionOf, parse_platform_json, parse_platform_text, parse_platforms
from plugins.api_docker.registry_auth import parse_registry_auth
from plugins.api_docker.replies import Streaming, closing
from plugins.api_docker.versions import ApiVersion
from sdk.engine import Engine
from sdk.engine.images import ImportRequest, PullRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform

router = APIRouter(prefix="/images")

_PUSHED_BY_PLATFORM = ApiVersion(1, 46)


@router.post("/create")
async def pull_or_import(
    request: Request,
    engine: EngineOf,
    from_image: Annotated[str, Query(alias="fromImage")] = "",
    from_src: Annotated[str, Query(alias="fromSrc")] = "",
    repo: str = "",
    tag: str = "",
    message: str = "",
    platform: str = "",
    changes: Texts = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Pull an image, or import one from a tar of a file system."""
    if from_image:
        return await _pull(request, engine, _reference(from_image, tag), platform)
    items = engine.images.import_archive(
        upload(request), ImportRequest(repo, tag, message, tuple(changes), parse_platform_text(platform), from_src)
    )
    return await progress_reply(items, uploading=from_src == "-")


@router.post("/load")
async def load_images(
    request: Request,
    engine: EngineOf,
    version: VersionOf,
    quiet: Flag = True,
    platform: Texts = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Load images from a tar, of some platforms if any are named."""
    return await upload_reply(engine.images.load(upload(request), quiet=quiet, platforms=parse_platforms(platform, version)))


@router.get("/get")
async def save_images(
    engine: EngineOf,
    version: VersionOf,
    names: Texts = [],  # noqa: B006 - FastAPI copies defaults
    platform: Texts = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Send a tar of several images."""
    refs = [ref for name in names for ref in name.split(",") if ref]
    return await _save(engine, refs, parse_platforms(platform, version))


@router.get("/{name:path}/get")
async def save_image(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    platform: Texts = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Send a tar of one image."""
    return await _save(engine, [name], parse_platforms(platform, version))


@router.post("/{name:path}/push")
async def push_image(
    name: str, request: Request, engine: EngineOf, version: VersionOf, tag: str = "", platform: str = ""
) -> Response:
    """Push an image to its registry."""
    login = parse_registry_auth(request.headers.get("x-registry-auth", ""))
    wanted = parse_platform_json(platform) if version >= _PUSHED_BY_PLATFORM else None
    return await progress_reply(engine.images.push(name, tag, login, wanted))


async def _pull(request: Request, engine: Engine, reference: str, platform: str) -> Response:
    login = parse_registry_auth(request.headers.get("x-registry-auth", ""))
    every_tag = "@" not in reference and ":" not in reference.rpartition("/")[2]
    return await progress_reply(
        engine.images.pull(PullRequest(reference, parse_platform_text(platform), login, all_tags=every_tag))
    )


async def _save(engine: Engine, refs: list[str], platforms: tuple[Platform, ...]) -> Response:
    """The first bytes are there before the head goes out, so that a missing image is a 404."""
    if not refs:
        raise InvalidArgument("no images specified")
    chunks = engine.images.save(refs, platforms)
    return Streaming(_chained(await anext(chunks), chunks), "application/x-tar")


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async with closing(rest):
        yield first
        async for chunk in rest:
            yield chunk


def _reference(name: str, tag: str) -> str:
    """Return the reference pulled; the tag parameter may be a digest."""
    if not tag:
        return name
    return f"{name}@{tag}" if ":" in tag else f"{name}:{tag}"
