"""How much disk a container takes."""

from core.containers.life.live import LiveContainer
from core.engine.context import EngineContext
from sdk.errors import NotFound


async def sizes(context: EngineContext, live: LiveContainer) -> tuple[int, int]:
    """Return the bytes of a container's own layer, and with its image's layers."""
    own = (await context.drivers.storage.usage(live.id)).size
    try:
        image = context.images.get(live.record.image_id).record.size
    except NotFound:
        image = 0
    return own, own + image
