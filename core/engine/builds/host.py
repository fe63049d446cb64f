"""What the engine does for one build: `sdk.builder.BuildHost` over the rooms of the engine."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from anyio.to_thread import run_sync

from core.engine.builds import remote
from core.engine.builds.archives import is_archive
from core.engine.builds.cache import BuildCache
from core.engine.builds.container import BuildContainer, make_container
from core.engine.builds.contexts import Scratch, unpack_file
from core.engine.builds.image import keep_image, name_image, store_image
from core.engine.builds.workspace import SnapshotWorkspace, snapshot, viewed
from core.engine.context import EngineContext
from core.engine.images.context import ImageContext
from core.engine.images.distribution import pull
from core.engine.images.trust import verify_use
from core.images.documents import parse_manifest
from core.images.store import StoredImage
from sdk.builder import BaseImage, Download, NewImage, Stack, StepProcess
from sdk.engine.builds import CredentialSource
from sdk.engine.images import Progress, PullRequest
from sdk.errors import NoSuchImage, NotFound
from sdk.oci.descriptor import Descriptor, Platform, host
from sdk.oci.digest import Digest, chain_id
from sdk.oci.image import ExecutionConfig
from sdk.oci.reference import Reference, parse_reference


class EngineBuildHost:
    """One build's. Everything it pins is let go when `pins` closes."""

    def __init__(self, context: EngineContext, images: ImageContext, cache: BuildCache, scratch: Scratch, pins: ExitStack) -> None:
        self._context = context
        self._images = images
        self._cache = cache
        self._scratch = scratch
        self._pins = pins

    @property
    def cache(self) -> BuildCache:
        return self._cache

    @property
    def platform(self) -> Platform:
        return host()

    async def image(
        self,
        reference: str,
        platform: Platform | None,
        *,
        pull: bool,
        credentials: CredentialSource,
        report: Callable[[Progress], None],
    ) -> BaseImage:
        found = None if pull else self._here(reference, platform)
        if found is None:
            await self._pull(parse_reference(reference), platform, credentials, report)
            found = self._here(reference, platform)
        if found is None:
            raise NoSuchImage(reference)
        self._hold(found)
        await verify_use(self._context.drivers.verifiers, self._images.store, found, reference)
        return replace(_base(found, reference), annotations=self._annotations(found))

    @asynccontextmanager
    async def workspace(self, stack: Stack) -> AsyncIterator[SnapshotWorkspace]:
        async with snapshot(self._context, stack) as key:
            yield SnapshotWorkspace(self._context, self._images, key, stack, self._pins)

    def view(self, stack: Stack) -> AbstractAsyncContextManager[int]:
        return viewed(self._context, stack)

    async def restack(self, layer: Digest, source: Stack, below: Stack) -> Digest:
        archive = await self._images.blobs.archive(chain_id((*source, layer)), self._pins)
        if archive is None:
            raise NoSuchImage(layer)
        async with self._images.installer.added(archive, below) as diff_id:
            self._pins.enter_context(self._images.store.layers.pins.hold((chain_id((*below, diff_id)),)))
            return diff_id

    async def is_archive(self, file: Path) -> bool:
        return await run_sync(is_archive, file)

    async def unpack(self, archive: Path, directory: int) -> None:
        await unpack_file(Path(f"/proc/self/fd/{directory}"), archive)

    async def download(self, url: str, target: Path) -> Download:
        return await remote.download(url, target)

    async def clone(self, url: str, target: Path, *, keep_git_dir: bool = False) -> str:
        return await remote.clone(url, target, keep_git_dir=keep_git_dir)

    async def store(self, image: NewImage) -> tuple[str, Descriptor]:
        return await store_image(self._images, image)

    async def keep(self, image: NewImage) -> BaseImage:
        image_id, _descriptor = await keep_image(self._images, image)
        kept = self.known(image_id)
        if kept is None:
            raise NoSuchImage(image_id)
        return kept

    def known(self, image_id: str) -> BaseImage | None:
        if image_id not in self._images.store:
            return None
        image = self._images.store.get(image_id)
        self._hold(image)
        return _base(image, image_id)

    async def name(self, image_id: str, tags: Sequence[str]) -> Descriptor:
        return name_image(self._images, image_id, tags)

    async def container(self, image: BaseImage, config: ExecutionConfig, process: StepProcess) -> BuildContainer:
        live = await make_container(self._context, self._images.store.get(image.id), config, process)
        return BuildContainer(self._context, live, SnapshotWorkspace(self._context, self._images, live.id, image.stack, self._pins))

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        return self._scratch.directory()

    def _here(self, reference: str, platform: Platform | None) -> StoredImage | None:
        try:
            return self._images.store.find_for(reference, platform)
        except NotFound:
            return None

    async def _pull(
        self, reference: Reference, platform: Platform | None, credentials: CredentialSource, report: Callable[[Progress], None]
    ) -> None:
        login = await credentials.get(reference.domain)
        async for progress in pull.pull(self._images, PullRequest(str(reference), platform, login)):
            report(progress)

    def _annotations(self, image: StoredImage) -> dict[str, str]:
        manifest = parse_manifest(self._images.store.content.read(image.record.manifest.digest))
        return manifest.annotations or {}

    def _hold(self, image: StoredImage) -> None:
        self._pins.enter_context(self._images.store.layers.pins.hold(image.chains))
        self._pins.enter_context(self._images.store.content.pins.hold(image.record.blobs))


def _base(image: StoredImage, name: str) -> BaseImage:
    return BaseImage(image.id, name, image.config, tuple(Digest(diff_id) for diff_id in image.config.rootfs.diff_ids))
