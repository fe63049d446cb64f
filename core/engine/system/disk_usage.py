"""`docker system df`: what images, containers and volumes take on disk, as `du --block-size=1` counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.engine.builds.service import BuildService
from core.engine.containers.views.inspect import describe
from core.engine.context import EngineContext
from core.engine.images.service import ImageService
from core.images.disk import ImageDisk, StoreDisk
from sdk.engine.containers import ContainerInfo
from sdk.engine.images import ImageInfo, ImageListRequest
from sdk.engine.system import DiskUsage
from sdk.errors import NoSuchSnapshot

_NOTHING = ImageDisk(0, 0)


async def disk_usage(context: EngineContext, images: ImageService, builds: BuildService, kinds: frozenset[str]) -> DiskUsage:
    """Measure some kinds of things, or all."""

    def wanted(kind: str) -> bool:
        return not kinds or kind in kinds

    store = await images.disk() if wanted("image") or wanted("container") else StoreDisk(0, {})
    return DiskUsage(
        layers_size=store.total if wanted("image") else 0,
        images=await _images(images, store) if wanted("image") else (),
        containers=await _containers(context, store.images) if wanted("container") else (),
        volumes=await context.volumes.usage() if wanted("volume") else (),
        builds=await builds.disk_usage() if wanted("build-cache") else (),
    )


async def _images(images: ImageService, store: StoreDisk) -> Sequence[ImageInfo]:
    found = [(info, store.images.get(info.id, _NOTHING)) for info in await images.list(ImageListRequest(all=True))]
    return [replace(info, size=disk.size, shared_size=disk.shared) for info, disk in found]


async def _containers(context: EngineContext, images: Mapping[str, ImageDisk]) -> Sequence[ContainerInfo]:
    """Return the containers with what their own layers take, and their images beside; one that is being removed has none."""
    found = []
    for live in context.containers:
        try:
            own = (await context.drivers.storage.usage(live.id)).allocated
        except NoSuchSnapshot:
            continue
        image = images.get(live.record.image_id, _NOTHING)
        found.append(replace(describe(context, live), size_rw=own, size_root=own + image.size, manifest=None))
    return found
