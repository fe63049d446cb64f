"""`docker rename`."""

from core.containers.live import LiveContainer
from core.containers.names import check_name
from core.engine.announce import announce
from core.engine.context import EngineContext
from sdk.errors import EngineError, InvalidArgument


async def rename(context: EngineContext, live: LiveContainer, name: str) -> None:
    """Give a container another name. Raises InvalidArgument, NameInUse."""
    if not name:
        raise InvalidArgument("Neither old nor new names may be empty")
    name = check_name(name)
    if name == live.name:
        raise InvalidArgument("Renaming a container with the same name as its current name")
    old = live.name
    async with context.containers.hold(live):
        context.containers.rename(live, name)
        try:
            context.attachments.rename(live.id, name)
        except EngineError:
            context.containers.rename(live, old)
            raise
    announce(context, live, "rename", oldName=f"/{old}")
