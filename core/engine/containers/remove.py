"""`docker rm`: delete a container and what belongs to it alone."""

import logging
import shutil
import signal

import anyio
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import Transition, apply
from core.engine.containers.announce import announce
from core.engine.containers.pause import thaw
from core.engine.containers.preparation.image_mounts import remove_images
from core.engine.containers.unsupervised import end_unsupervised, stop_waiting
from core.engine.containers.wait import is_busy
from core.engine.context import EngineContext
from core.images.garbage import collect
from sdk.drivers.runtime import Task
from sdk.engine.containers import ContainerState, WaitResult
from sdk.errors import NoSuchContainer

_UNTIL_THAW = 1.0
"""Seconds after which a killed process that has not ended may be frozen without our having done it."""

_log = logging.getLogger(__name__)


async def remove(context: EngineContext, live: LiveContainer, *, force: bool = False, volumes: bool = False) -> None:
    """Remove a container; a running one only with `force`. Raises Conflict."""
    while True:
        if force:
            await _end(context, live)
        async with live.lock:
            if live.id not in context.containers:
                if force:
                    return
                raise NoSuchContainer(live.id)
            if force and is_busy(live):  # started again between the two
                continue
            await destroy(context, live, volumes=volumes)
            return


async def destroy(context: EngineContext, live: LiveContainer, *, volumes: bool) -> None:
    """Remove a container that does not run. The caller holds the lock. Clients who wait for its removal are told of a failure, too."""
    context.containers.keep(live, replace(apply(live.record, Transition.REMOVE), volumes_go=volumes))
    live.resting.end()
    try:
        await _delete(context, live.record)
        if live.run.log is not None:
            live.run.log.remove()
        shutil.rmtree(context.directory(live.id), ignore_errors=True)
        context.containers.forget(live.id, live.name)
    except Exception as error:
        context.containers.keep(live, replace(apply(live.record, Transition.FAIL_REMOVAL), error=str(error)))
        live.ends.not_removed(WaitResult(live.record.exit_code, str(error)))
        raise
    if volumes:
        await context.volumes.remove_unused(anonymous_volumes(live.record))
    context.images.use(live.record.image_id)
    live.hub.finish()
    announce(context, live, "destroy")
    live.ends.removed(WaitResult(live.record.exit_code))


async def finish_removal(context: EngineContext, record: ContainerRecord) -> None:
    """Complete, at boot, a removal that was cut off, or do again one of which only the record is left."""
    await _delete(context, record)
    shutil.rmtree(context.directory(record.id), ignore_errors=True)
    context.containers.forget(record.id, record.name)
    if record.volumes_go:
        await context.volumes.remove_unused(anonymous_volumes(record))


async def _delete(context: EngineContext, record: ContainerRecord) -> None:
    await context.drivers.storage.remove(record.id)
    await remove_images(context, record)
    images = {record.image_id, *(mount.source for mount in record.mounts if mount.type == "image")}
    if any(image not in context.images for image in images):  # its layers stayed for this container's sake
        await collect(context.images, context.drivers.storage)


def anonymous_volumes(record: ContainerRecord) -> tuple[str, ...]:
    """Return the names of volumes that were made for this container and that no client named."""
    return tuple(mount.name for mount in record.mounts if mount.type == "volume" and mount.anonymous)


async def _end(context: EngineContext, live: LiveContainer) -> None:
    """Have a container not run and not wait to run; its state may change whenever this waits."""
    while is_busy(live):
        if live.record.state is ContainerState.RESTARTING:
            await stop_waiting(context, live)
        elif not await end_unsupervised(context, live) and live.run.task is not None:
            await _kill(context, live, live.run.task)


async def _kill(context: EngineContext, live: LiveContainer, task: Task) -> None:
    ended = live.ends.next_exit
    context.containers.keep(live, replace(live.record, stopped_by_user=True))
    await task.signal(signal.SIGKILL)
    announce(context, live, "kill", signal="9")
    if live.record.state is ContainerState.PAUSED:
        await thaw(context, live)
    with anyio.move_on_after(_UNTIL_THAW):
        await ended.event.wait()
        return
    await thaw(context, live)  # whatever froze it
    await ended.event.wait()
