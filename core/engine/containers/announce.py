"""Container events, with the attributes Docker gives them."""

from core.containers.life.live import LiveContainer
from core.engine.context import EngineContext
from sdk.events import EventType


def announce(context: EngineContext, live: LiveContainer, action: str, **attributes: str) -> None:
    """Publish a container's event: its labels, image and name, and what the action adds."""
    record = live.record
    everything = {**record.config.labels, "image": record.image, "name": record.name, **attributes}
    context.events.emit(EventType.CONTAINER, action, record.id, everything)
