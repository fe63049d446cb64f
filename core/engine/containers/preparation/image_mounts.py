"""Mounts of type image: the files of another image, read-only, below a container's root.

Each has a snapshot of its own, which holds the image's layers as long as the container is there, whatever becomes of the image.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path

from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.containers.mounts.record import MountRecord
from core.containers.mounts.rootfs import opened_root
from core.containers.mounts.subpath import open_subpath
from core.engine.context import EngineContext
from core.engine.images.trust import verify_use
from sdk.linux.descriptors import path_of
from sdk.linux.mount import UnmountFlag, move_mount, umount

IMAGE_POINT = "image-"
"""How the mount points of images in a container's bundle begin."""

_KEY = "-image-"


def owner_of(key: str) -> str:
    """Return the container that a snapshot belongs to."""
    return key.partition(_KEY)[0]


async def with_images(context: EngineContext, mounts: Sequence[MountRecord]) -> tuple[MountRecord, ...]:
    """Return mounts in which each image that is asked for by name is known by its ID. Raises NoSuchImage, ImageRefused."""
    return tuple([await _with_image(context, mount) if mount.type == "image" else mount for mount in mounts])


async def _with_image(context: EngineContext, mount: MountRecord) -> MountRecord:
    image = context.images.find(mount.name)
    await verify_use(context.drivers.verifiers, context.images, image, mount.name)
    return replace(mount, source=image.id)


async def prepare_images(context: EngineContext, record: ContainerRecord, undo: AsyncExitStack) -> None:
    """Make the snapshots of a container's image mounts. Raises NoSuchImage."""
    for key, mount in _of(record):
        image = context.images.get(mount.source)
        with context.images.layers.pins.hold(image.chains):
            await context.drivers.storage.prepare(key, parent=image.chain_id)
            undo.push_async_callback(context.drivers.storage.remove, key)


async def remove_images(context: EngineContext, record: ContainerRecord) -> None:
    """Remove the snapshots of a container's image mounts; idempotent."""
    for key, _mount in _of(record):
        await context.drivers.storage.remove(key)


async def image_sources(context: EngineContext, record: ContainerRecord, bundle: Path, held: ExitStack) -> Mapping[str, str]:
    """Return the sources of a container's image mounts by destination, as long as `held` is open. Raises InvalidArgument for a subpath
    that is missing, or leads out of its image."""
    sources: dict[str, str] = {}
    for number, (key, mount) in enumerate(_of(record)):
        point = bundle / f"{IMAGE_POINT}{number}"
        point.mkdir(exist_ok=True)
        async with opened_root(context.drivers.storage, key, readonly=True) as root:
            move_mount(root, str(point))
        held.callback(unmount_point, point)
        sources[mount.destination] = path_of(_opened(point, mount, held))
    return sources


def _of(record: ContainerRecord) -> Iterator[tuple[str, MountRecord]]:
    images = (mount for mount in record.mounts if mount.type == "image")
    return ((f"{record.id}{_KEY}{number}", mount) for number, mount in enumerate(images))


def _opened(point: Path, mount: MountRecord, held: ExitStack) -> int:
    root = os.open(point, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    held.callback(os.close, root)
    if not mount.subpath:
        return root
    found = open_subpath(root, mount.subpath, mount.name, "image")
    held.callback(os.close, found)
    return found


def unmount_point(point: Path) -> None:
    """Unmount what is mounted in a bundle; idempotent. Processes that use it keep it."""
    with suppress(OSError):
        umount(str(point), UnmountFlag.DETACH | UnmountFlag.NOFOLLOW)
