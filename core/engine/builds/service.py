"""`docker build`: a request handed to the builder, and what the engine remembers of builds."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, aclosing
from pathlib import Path

from core.archives.pack import pack_tree
from core.drivers import calling
from core.engine.builds.cache import MOUNT, BuildCache
from core.engine.builds.contexts import Scratch
from core.engine.builds.host import EngineBuildHost
from core.engine.builds.remote import remote_context
from core.engine.builds.workspace import viewed
from core.engine.context import EngineContext
from core.engine.images.context import ImageContext
from core.engine.moments import parse_moment
from core.images.garbage import collect
from sdk.engine.build_events import BuildEvent
from sdk.engine.builds import BuildPruneRequest, BuildRequest, CacheEntry, RemoteContext
from sdk.engine.containers import Filters, Pruned
from sdk.errors import InvalidArgument
from sdk.events import EventType
from sdk.oci.digest import Digest

_FILTERS = frozenset({"until", "unused-for", "id", "parent", "type", "description", "inuse", "shared", "private"})


class BuildService:
    """Implements `sdk.engine.Builds`."""

    def __init__(self, context: EngineContext, images: ImageContext) -> None:
        directory = context.settings.data_root / "build"
        self._context = context
        self._images = images
        self._scratch = Scratch(context.settings.data_root / "tmp", directory / "trash")
        self._cache = BuildCache(context.database, context.images, directory / "mounts")

    def close(self) -> None:
        """Stop what runs in the background; what is left to delete is deleted after the next start."""
        self._scratch.close()

    async def build(self, request: BuildRequest) -> AsyncIterator[BuildEvent]:
        drivers = self._context.drivers
        with ExitStack() as pins:
            pins.callback(self._cache.flush)
            host = EngineBuildHost(self._context, self._images, self._cache, self._scratch, pins)
            with calling(drivers.builder_name, "build"):
                async with aclosing(drivers.builder.build(request, host)) as events:
                    async for event in events:
                        yield event
        await self._images.dropper.drop_all()

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        return self._scratch.directory()

    def unpacked(self, archive: AsyncIterator[bytes]) -> AbstractAsyncContextManager[Path]:
        return self._scratch.unpacked(archive)

    def remote(self, url: str) -> AbstractAsyncContextManager[RemoteContext]:
        return remote_context(self._scratch, url)

    async def files(self, image: str) -> AsyncIterator[bytes]:
        found = self._images.store.find(image)
        stack = tuple(Digest(diff_id) for diff_id in found.config.rootfs.diff_ids)
        async with (
            viewed(self._context, stack) as root,
            aclosing(pack_tree(root, root, ".", "")) as archive,
        ):
            async for chunk in archive:
                yield chunk

    async def disk_usage(self) -> Sequence[CacheEntry]:
        return await self._cache.entries([chain for image in self._images.store for chain in image.chains])

    async def prune(self, request: BuildPruneRequest) -> Pruned:
        selected = _selected(request.filters, time.time_ns())
        entries = sorted(await self.disk_usage(), key=lambda entry: entry.last_used_ns or entry.created_ns)
        kept = sum(entry.size for entry in entries if not entry.shared)
        gone: list[CacheEntry] = []
        for entry in entries:
            if request.keep_bytes and kept <= request.keep_bytes:
                break
            if entry.in_use or (entry.shared and not request.all) or not selected(entry):
                continue
            await self._cache.forget(entry)
            kept -= entry.size
            gone.append(entry)
        collected = await collect(self._images.store, self._context.drivers.storage)
        freed = collected.freed + sum(entry.size for entry in gone if entry.type == MOUNT)
        self._context.events.emit(EventType.BUILDER, "prune", "", {"reclaimed": str(freed)})
        return Pruned(tuple(entry.id for entry in gone), freed)


def _selected(filters: Filters, now_ns: int) -> Callable[[CacheEntry], bool]:
    """Return the predicate of prune filters. Raises InvalidArgument."""
    for key in filters:
        if key not in _FILTERS:
            raise InvalidArgument(f"invalid filter '{key}'")
    moments = [parse_moment(text, now_ns) for key in ("until", "unused-for") for text in filters.get(key, ())]
    ids, types = filters.get("id", ()), filters.get("type", ())

    def matches(entry: CacheEntry) -> bool:
        return (
            all((entry.last_used_ns or entry.created_ns) < moment for moment in moments)
            and (not ids or any(entry.id.startswith(wanted) for wanted in ids))
            and (not types or entry.type in types)
            and ("inuse" not in filters or entry.in_use)
            and ("shared" not in filters or entry.shared)
            and ("private" not in filters or not entry.shared)
            and all(text in entry.description for text in filters.get("description", ()))
        )

    return matches
