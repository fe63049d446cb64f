"""Volumes that an earlier daemon was copying an image's files into when it was killed: they are empty again before a container starts."""

import logging
import os
from collections.abc import Collection

from anyio.to_thread import run_sync

from core.containers.mounts.populate import clear
from core.containers.mounts.subpath import opened_path
from core.engine.attempt import attempt
from core.engine.containers.preparation.untouched import untouched
from core.engine.context import EngineContext
from core.volumes.record import VolumeRecord

_log = logging.getLogger(__name__)


async def empty_half_filled(context: EngineContext, running: Collection[str]) -> None:
    """Empty what was being filled, so that the next container that is created fills it. `running` are containers whose process lives.

    Where one of them may have written, all stays as it is, as it would in dockerd.
    """
    for record in context.volumes.records():
        if record.copying:
            await attempt(f"volume {record.name}: emptying what was half filled", _empty(context, record, running))


async def _empty(context: EngineContext, record: VolumeRecord, running: Collection[str]) -> None:
    for subpath, since in record.copying.items():
        if untouched(context, record.name, since, running):
            async with context.volumes.opened(record.name, "boot") as directory:
                await run_sync(_clear, str(directory), subpath)
        else:
            _log.warning("volume %s may lack files of the image that it was being filled from", record.name)
        context.volumes.end_copy(record.name, subpath)


def _clear(directory: str, subpath: str) -> None:
    found = opened_path(directory, subpath)
    try:
        clear(found)
    finally:
        os.close(found)
