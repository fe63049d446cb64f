"""What becomes of a result: an image in the store, pushed or not; an archive or a directory for the client."""

import base64
from collections.abc import AsyncIterator

import anyio
import msgspec

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.content_store import ContentStore
from plugins.api_buildkit.filesync.send import send_file, send_tree
from plugins.api_buildkit.offers import SessionCredentials
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.sessions import Session, needed
from plugins.api_buildkit.solve.archive import renamed
from plugins.api_buildkit.solve.localcache import leave
from plugins.api_buildkit.solve.options import cache_exports
from plugins.api_buildkit.solve.progress import Step, step
from sdk.engine import Engine
from sdk.engine.build_events import BuildResult
from sdk.engine.builds import CacheExport
from sdk.errors import Conflict, NotFound, Unsupported
from sdk.oci.reference import parse_reference

_IMAGE = ("moby", "image")
_ARCHIVE = ("docker", "oci")
_TRUE = ("1", "t", "true")


def exporters_of(request: wire.SolveRequest) -> list[wire.Exporter]:
    """Return the exporters of a request, of old clients too."""
    if request.exporters or not request.exporter:
        return list(request.exporters)
    return [wire.Exporter(type=request.exporter, attrs=request.exporter_attrs)]


def image_names(request: wire.SolveRequest) -> tuple[str, ...]:
    """Return the names that the image gets in the store."""
    names = [name for each in exporters_of(request) if each.type in _IMAGE for name in _names(each)]
    return tuple(dict.fromkeys(names))


class Exporter:
    """Exports the result of one build."""

    def __init__(self, engine: Engine, build: Build, session: Session | None) -> None:
        self._engine, self._build, self._session = engine, build, session

    async def export(self, result: BuildResult) -> dict[str, str]:
        """Run every exporter; returns what the client is told. Raises Unsupported for a type this engine does not know."""
        response: dict[str, str] = {}
        exporters = exporters_of(self._build.request)
        try:
            for number, exporter in enumerate(exporters):
                response |= await self._one(number, exporter, result)
            for export in cache_exports(self._build.request.cache):
                response |= await self._leave(export, result)
        finally:
            with anyio.CancelScope(shield=True):
                await self._tidy(result, keep=any(each.type in _IMAGE for each in exporters))
        return response

    async def _tidy(self, result: BuildResult, *, keep: bool) -> None:
        for image_id in result.caches:
            await self._drop(image_id, self._cache_names(len(result.caches)))
        if not keep:
            await self._drop(result.image_id, self._cache_names())

    async def _one(self, number: int, exporter: wire.Exporter, result: BuildResult) -> dict[str, str]:
        match exporter.type:
            case kind if kind in _IMAGE:
                return await self._image(exporter, result)
            case kind if kind in _ARCHIVE:
                return await self._archive(number, exporter, result)
            case "tar":
                await self._tar(number, result)
            case "local":
                await self._local(number, result)
            case kind:
                raise Unsupported(f"exporter {kind!r} could not be found")
        return {}

    async def _image(self, exporter: wire.Exporter, result: BuildResult) -> dict[str, str]:
        if exporter.attrs.get("push", "").lower() in _TRUE:
            for name in _names(exporter):
                await self._push(name)
        return _described(exporter, result)

    async def _push(self, name: str) -> None:
        reference = parse_reference(name)
        source = self._build.posted or SessionCredentials(needed(self._session).connection)
        credentials = await source.get(reference.domain)
        with step(self._build, f"pushing {reference}") as pushing, pushing.part(f"pushing {reference.familiar}"):
            async for _progress in self._engine.images.push(reference.familiar_name, reference.tag or "", credentials):
                pass

    async def _leave(self, export: CacheExport, result: BuildResult) -> dict[str, str]:
        """Leave the cache where the client wants it; returns what the client is told."""
        if export.type == "registry":
            await self._leave_cache(export.reference, result.image_id)
            for number, image_id in enumerate(result.caches, 1):
                await self._leave_cache(_beside(export.reference, number), image_id)
        elif export.type == "local":
            store = ContentStore(needed(self._session).connection, export.reference)
            images = [result.image_id, *(image for image in result.caches if image != result.image_id)]
            with (
                step(self._build, "exporting cache to client directory") as exporting,
                exporting.part("preparing build cache for export"),
            ):
                return {"cache.manifest": (await leave(store, self._engine.images.save(images))).decode()}
        return {}

    async def _leave_cache(self, name: str, image_id: str) -> None:
        """Push an image, whose manifest tells its steps, under another name, which it bears meanwhile; who had that name gets it back."""
        images, reference = self._engine.images, parse_reference(name)
        tag = reference.tag or "latest"
        before = await self._find(name)
        await images.tag(image_id, reference.familiar_name, tag)
        try:
            await self._push(name)
        finally:
            with anyio.CancelScope(shield=True):
                if before:
                    await images.tag(before, reference.familiar_name, tag)
                elif len((await images.inspect(image_id)).tags) > 1:
                    await images.remove(name)

    async def _find(self, name: str) -> str:
        try:
            return (await self._engine.images.inspect(name)).id
        except NotFound:
            return ""

    async def _archive(self, number: int, exporter: wire.Exporter, result: BuildResult) -> dict[str, str]:
        saved = self._engine.images.save([result.image_id])
        words = "oci" if exporter.type == "oci" else "docker"
        with step(self._build, f"exporting to {words} image format") as exporting:
            await self._send(exporting, number, renamed(saved, _names(exporter)))
        return _described(exporter, result)

    async def _tar(self, number: int, result: BuildResult) -> None:
        with step(self._build, "exporting to client tarball") as exporting:
            await self._send(exporting, number, self._engine.builds.files(result.image_id))

    async def _local(self, number: int, result: BuildResult) -> None:
        files = self._engine.builds.files(result.image_id)
        with step(self._build, "exporting to client directory") as exporting, exporting.part("copying files") as part:
            async with self._engine.builds.unpacked(files) as directory:
                part.at(await send_tree(needed(self._session).connection, number, directory))

    async def _send(self, exporting: Step, number: int, content: AsyncIterator[bytes]) -> None:
        with exporting.part("sending tarball") as part:
            part.at(await send_file(needed(self._session).connection, number, content))

    def _cache_names(self, others: int = 0) -> set[str]:
        exports = [each.reference for each in cache_exports(self._build.request.cache) if each.type == "registry"]
        beside = [_beside(reference, number) for reference in exports for number in range(1, others + 1)]
        return {parse_reference(name).familiar for name in (*exports, *beside)}

    async def _drop(self, image_id: str, passing: set[str]) -> None:
        """Remove the image that was only a step on the way, unless a user has it too: under names other than those it had in passing."""
        if not image_id:
            return
        try:
            image = await self._engine.images.inspect(image_id)
            if set(image.tags) <= passing and not image.containers:
                for name in image.tags or (image.id,):
                    await self._engine.images.remove(name)
        except (NotFound, Conflict):
            return


def _beside(name: str, number: int) -> str:
    """Return the name of the cache of another stage beside a cache: the builder finds it by that."""
    reference = parse_reference(name)
    return f"{reference.familiar_name}:{reference.tag}-cache-{number}"


def _names(exporter: wire.Exporter) -> tuple[str, ...]:
    return tuple(filter(None, exporter.attrs.get("name", "").split(",")))


def _described(exporter: wire.Exporter, result: BuildResult) -> dict[str, str]:
    described = {"containerimage.config.digest": result.image_id, "containerimage.digest": result.image_id}
    if result.descriptor is not None:
        described["containerimage.digest"] = result.descriptor.digest
        described["containerimage.descriptor"] = base64.b64encode(msgspec.json.encode(result.descriptor)).decode()
    if names := ",".join(str(parse_reference(name)) for name in _names(exporter)):
        described["image.name"] = names
    return described
