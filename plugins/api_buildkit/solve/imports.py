"""Caches that clients have in directories, taken into the store for the length of a build."""

from contextlib import AsyncExitStack, suppress

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.content_store import ContentStore
from plugins.api_buildkit.sessions import Session
from plugins.api_buildkit.solve.localcache import archive_of, manifests_of
from plugins.api_buildkit.solve.options import LocalCache, local_caches
from plugins.api_buildkit.solve.progress import step
from sdk.engine import Engine
from sdk.engine.builds import CacheImport
from sdk.errors import EngineError, NotFound


async def take_local_caches(engine: Engine, build: Build, session: Session | None, stack: AsyncExitStack) -> list[CacheImport]:
    """Load what the request names and return it as sources of steps; the images go with `stack`. What cannot be read is no cache."""
    found: list[CacheImport] = []
    for cache in local_caches(build.request.cache) if session else ():
        with suppress(EngineError):
            assert session is not None
            with step(build, f"importing cache manifest from {cache.directory}"):
                store = ContentStore(session.connection, cache.directory)
                found += [CacheImport("local", image_id) for image_id in await _loaded(engine, build, cache, store, stack)]
    return found


async def _loaded(engine: Engine, build: Build, cache: LocalCache, store: ContentStore, stack: AsyncExitStack) -> list[str]:
    images = [manifest.config.digest for manifest in await manifests_of(store, cache.digest)]
    for image_id in images:
        if not await _is_here(engine, image_id):
            stack.push_async_callback(_remove, engine, build, image_id)
    async for _progress in engine.images.load(archive_of(store, cache.digest), quiet=True):
        pass
    return images


async def _is_here(engine: Engine, image_id: str) -> bool:
    try:
        await engine.images.inspect(image_id)
    except NotFound:
        return False
    return True


async def _remove(engine: Engine, build: Build, image_id: str) -> None:
    """Remove an image that was loaded as a cache, unless it is the result by now, or in use."""
    with suppress(EngineError):
        if image_id == build.made:
            return
        image = await engine.images.inspect(image_id)
        if not image.tags and not image.containers:
            await engine.images.remove(image_id)
