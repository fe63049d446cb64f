"""Binds the image verbs to the protocol that frontends see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence

from core.engine.images import attestations, history, prune, remove, remove_platforms
from core.engine.images import list as listing
from core.engine.images import tag as naming
from core.engine.images.archives import import_archive, load, save
from core.engine.images.context import ImageContext
from core.engine.images.distribution import inspect as distribution
from core.engine.images.distribution import pull, push, search
from core.images.disk import StoreDisk
from core.images.garbage import sweep_dead_pulls
from sdk.drivers.registry import Credentials, SearchResult
from sdk.engine.containers import Filters
from sdk.engine.images import (
    Attestation,
    CommitRequest,
    DistributionInfo,
    HistoryEntry,
    ImageInfo,
    ImageListRequest,
    ImportRequest,
    Progress,
    PullRequest,
    Removal,
)
from sdk.errors import InvalidArgument, NoSuchContainer
from sdk.oci.descriptor import Platform
from sdk.oci.image import ExecutionConfig

Commit = Callable[[ImageContext, CommitRequest], Awaitable[str]]
"""Makes an image of a container, which takes more than the image rooms."""

Change = Callable[[ExecutionConfig, Sequence[str]], ExecutionConfig]
"""Applies instructions to a configuration (`sdk.builder.Builder.changed`)."""


async def no_containers(_context: ImageContext, request: CommitRequest) -> str:
    """Refuse to commit, where there are images alone."""
    raise NoSuchContainer(request.container)


def no_builder(config: ExecutionConfig, changes: Sequence[str]) -> ExecutionConfig:
    """Refuse to change anything, where no builder knows a language."""
    if changes:
        raise InvalidArgument(f"{changes[0]} is not a valid change command")
    return config


class ImageService:
    """Implements `sdk.engine.Images`."""

    def __init__(self, context: ImageContext, commit: Commit = no_containers, change: Change = no_builder) -> None:
        self._context = context
        self._commit = commit
        self._change = change

    @property
    def context(self) -> ImageContext:
        """What the verbs work with; the content service shares it."""
        return self._context

    async def recover(self) -> None:
        """Undo what pulls, loads, imports and commits left that died with the last daemon; partial blobs stay for the next pull. To be called once, at start."""
        await sweep_dead_pulls(self._context.storage)
        await self._context.store.content.sweep_temporaries()

    async def drop_archives(self) -> None:
        """Drop archives that are not to be kept and still are. To be called once, when the engine works."""
        await self._context.dropper.drop_all()

    async def disk(self) -> StoreDisk:
        """Measure what images take on disk."""
        return await self._context.meter.measure()

    def pull(self, request: PullRequest) -> AsyncIterator[Progress]:
        return pull.pull(self._context, request)

    def push(self, ref: str, tag: str, credentials: Credentials, platform: Platform | None = None) -> AsyncIterator[Progress]:
        return push.push(self._context, ref, tag, credentials, platform)

    async def list(self, request: ImageListRequest) -> Sequence[ImageInfo]:
        return listing.list_images(self._context, request)

    async def inspect(self, ref: str, *, platform: Platform | None = None, manifests: bool = False) -> ImageInfo:
        return listing.inspect(self._context, ref, platform, manifests=manifests)

    async def history(self, ref: str, *, platform: Platform | None = None) -> Sequence[HistoryEntry]:
        return history.history(self._context, ref, platform)

    async def attestations(
        self, ref: str, *, platform: Platform | None = None, types: Collection[str] = (), statements: bool = False
    ) -> Sequence[Attestation]:
        return await attestations.attestations(self._context, ref, platform, types, statements=statements)

    async def tag(self, ref: str, repository: str, tag: str) -> None:
        naming.tag(self._context, ref, repository, tag)

    async def remove(
        self, ref: str, *, force: bool = False, prune: bool = True, platforms: Sequence[Platform] = ()
    ) -> Sequence[Removal]:
        if platforms:
            return await remove_platforms.remove_platforms(self._context, ref, platforms, force=force)
        return await remove.remove(self._context, ref, force=force, prune=prune)

    async def prune(self, filters: Filters) -> tuple[Sequence[Removal], int]:
        return await prune.prune(self._context, filters)

    def save(self, refs: Sequence[str], platforms: Sequence[Platform] = ()) -> AsyncIterator[bytes]:
        return save.save(self._context, refs, platforms)

    def load(
        self, content: AsyncIterator[bytes], *, quiet: bool = False, platforms: Sequence[Platform] = ()
    ) -> AsyncIterator[Progress]:
        return load.load(self._context, content, quiet=quiet, platforms=platforms)

    def import_archive(self, content: AsyncIterator[bytes], request: ImportRequest) -> AsyncIterator[Progress]:
        return import_archive.import_archive(self._context, content, request, self._change(ExecutionConfig(), request.changes))

    async def commit(self, request: CommitRequest) -> str:
        return await self._commit(self._context, request)

    async def distribution(self, ref: str, credentials: Credentials) -> DistributionInfo:
        return await distribution.distribution(self._context, ref, credentials)

    async def search(self, term: str, limit: int, filters: Filters, credentials: Credentials) -> Sequence[SearchResult]:
        return await search.search(self._context, term, limit, filters, credentials)
