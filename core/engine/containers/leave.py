"""Leaving networks: what the engine does on the way from a container that ended, at whichever verb it found that it has."""

from core.containers.life.record import ContainerRecord
from core.engine.attempt import attempt
from core.engine.containers.preparation.port_links import update_port_links
from core.engine.context import EngineContext


async def leave_networks(context: EngineContext, record: ContainerRecord) -> None:
    """Free a container's endpoints, and the ports of others that links opened to it; a driver that fails is logged."""
    await attempt(f"container {record.id}: leaving its networks", context.attachments.disconnect(record.id))
    await attempt(f"container {record.id}: closing its links", update_port_links(context, record))
