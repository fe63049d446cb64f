"""Letting go of what a container's run used."""

from core.containers.life.record import ContainerRecord
from core.containers.mounts.plan import release_mounts
from core.engine.attempt import attempt
from core.engine.context import EngineContext


async def release_volumes(context: EngineContext, record: ContainerRecord) -> None:
    """Let go of the volumes a container has mounted; a driver that fails is logged and does not hold up the rest."""
    await attempt(f"container {record.id}: releasing its volumes", release_mounts(record.mounts, record.id, context.volumes))
