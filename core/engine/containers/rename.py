"""`docker rename`."""

from core.containers.life.live import LiveContainer
from core.containers.life.names import check_name
from core.engine.containers.announce import announce
from core.engine.context import EngineContext
from sdk.errors import EngineError, InvalidArgument, explained


async def rename(context: EngineContext, live: LiveContainer, name: str) -> None:
    """Give a container another name. Raises InvalidArgument, NameInUse."""
    name = name.strip().removeprefix("/")
    if not name:
        raise InvalidArgument("Neither old nor new names may be empty")
    if name == live.name:
        raise InvalidArgument("Renaming a container with the same name as its current name")
    old = live.name
    async with context.containers.hold(live):
        with explained("Error when allocating new name"):
            context.containers.rename(live, check_name(name))
        try:
            context.attachments.rename(live.id, name)
        except EngineError:
            context.containers.rename(live, old)
            raise
    announce(context, live, "rename", oldName=f"/{old}")
