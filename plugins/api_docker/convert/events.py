"""Events: Docker's message, with the fields that older clients read."""

from msgspec import UNSET

from plugins.api_docker.convert.times import unix_seconds
from plugins.api_docker.models.system import Actor, EventMessage
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.events import Event, EventType

WITHOUT_STATUS = ApiVersion(1, 52)
"""From here on a message has no `status`, `id` and `from`."""

TELLS_CREATION = ApiVersion(1, 46)
"""Since here the creation of images is an event."""

_WITH_STATUS = frozenset({EventType.CONTAINER, EventType.IMAGE})


def event_message(event: Event, version: ApiVersion = MAXIMUM) -> EventMessage:
    """Return one object of the event stream."""
    older = version < WITHOUT_STATUS
    repeats = older and event.type in _WITH_STATUS
    return EventMessage(
        type=event.type,
        action=event.action,
        actor=Actor(event.actor, dict(event.attributes)),
        scope=event.scope,
        time=unix_seconds(event.time_ns),
        time_nano=event.time_ns,
        status=event.action if repeats else UNSET,
        id=event.actor if repeats else UNSET,
        from_=event.attributes.get("image", UNSET) if older and event.type is EventType.CONTAINER else UNSET,
    )
