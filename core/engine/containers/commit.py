"""`docker commit`: an image of what a container changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio

from core.containers.life.live import LiveContainer
from core.containers.life.merge import completed_image
from core.containers.mounts.rootfs import opened_root
from core.engine.containers.announce import announce
from core.engine.containers.files.changes import own_changes
from core.engine.containers.pause import pause, unpause
from core.engine.context import EngineContext
from core.engine.images.author import NewImage, author
from core.engine.images.context import ImageContext
from core.engine.images.tag import tag_reference
from core.images.layers.diff import layer_tar
from sdk.engine.config import ContainerConfig
from sdk.engine.containers import ContainerState
from sdk.engine.images import CommitRequest
from sdk.errors import Conflict
from sdk.oci.image import ExecutionConfig, History
from sdk.oci.ports import named_ports


async def commit(engine: EngineContext, images: ImageContext, request: CommitRequest) -> str:
    """Make an image of a container, paused meanwhile on request, and return its ID. Raises NoSuchContainer, InvalidArgument."""
    live = engine.containers.find(request.container)
    new = _describe(engine, images, live, request)
    with engine.containers.unless_removed(live):
        async with _held(engine, live, pausing=request.pause):
            found = await own_changes(engine.drivers.storage, live.id)
            async with opened_root(engine.drivers.storage, live.id, readonly=True) as root:
                image_id = await author(images, new, layer_tar(root, found))
    announce(engine, live, "commit", comment=request.comment, imageID=image_id, imageRef=new.name.familiar if new.name else "")
    return image_id


def _describe(engine: EngineContext, images: ImageContext, live: LiveContainer, request: CommitRequest) -> NewImage:
    record = live.record
    own = _execution(record.config)
    asked = _execution(request.config) if request.config is not None else own
    return NewImage(
        base=images.store.get(record.image_id),
        platform=record.platform,
        config=completed_image(engine.drivers.builder.changed(asked, request.changes), own),
        history=History(created_by=" ".join((record.path, *record.args)), author=request.author, comment=request.comment),
        author=request.author,
        name=tag_reference(request.repository, request.tag) if request.repository else None,
    )


def _execution(config: ContainerConfig) -> ExecutionConfig:
    """Return what of a container's configuration an image keeps."""
    return ExecutionConfig(
        user=config.user,
        exposed_ports=named_ports(config.exposed_ports),
        env=config.env,
        entrypoint=config.entrypoint,
        cmd=config.cmd,
        volumes={path: {} for path in config.volumes},
        working_dir=config.working_dir,
        labels=config.labels,
        stop_signal=config.stop_signal,
        healthcheck=config.healthcheck,
        on_build=config.on_build,
        shell=config.shell,
    )


@asynccontextmanager
async def _held(engine: EngineContext, live: LiveContainer, *, pausing: bool) -> AsyncIterator[None]:
    paused = pausing and await _paused(engine, live)
    try:
        yield
    finally:
        if paused:
            with anyio.CancelScope(shield=True), suppress(Conflict):  # killed meanwhile
                await unpause(engine, live)


async def _paused(engine: EngineContext, live: LiveContainer) -> bool:
    """Pause a container if it runs; it may end at any moment."""
    if live.record.state is not ContainerState.RUNNING:
        return False
    try:
        await pause(engine, live, meanwhile="commit")
    except Conflict:
        return False
    return True
