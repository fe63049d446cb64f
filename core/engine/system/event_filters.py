"""Filters of the event stream, by dockerd's rules."""

from core.filters import label_matches
from sdk.engine.system import EventsRequest
from sdk.errors import InvalidArgument
from sdk.events import Event, EventType
from sdk.oci.reference import parse_reference

_NOUNS = frozenset({*EventType, "node", "service", "secret", "config"}) - {EventType.IMAGE}
FILTERS = _NOUNS | {"image", "event", "type", "label", "scope", "id", "name"}

_WITH_SUFFIX = frozenset({"health_status", "exec_create", "exec_start"})


def selects(event: Event, request: EventsRequest) -> bool:
    """Tell whether an event passes the filters: all keys, any value of each, but every label wanted."""
    return all(
        (all if key == "label" else any)(_matches(event, key, value) for value in values)
        for key, values in request.filters.items()
        if values
    )


def _matches(event: Event, key: str, value: str) -> bool:
    match key:
        case "event":
            return event.action == value or (value in _WITH_SUFFIX and event.action.startswith(value))
        case "type":
            return event.type == value
        case "label":
            return label_matches(event.attributes, value)
        case "scope":
            return event.scope == value
        case "image":
            return value in _image_names(event)
    return (key not in _NOUNS or key == event.type) and _begins(event, value)


def _begins(event: Event, value: str) -> bool:
    """Tell whether a value is the beginning of the actor's ID or name: what is wanted of containers says nothing of their networks."""
    return event.actor.startswith(value) or event.attributes.get("name", "").startswith(value)


def _image_names(event: Event) -> set[str]:
    """Return what an image may be called in a filter: an image event's own names, or those of a container's image."""
    named = event.attributes.get("name" if event.type is EventType.IMAGE else "image", "")
    return {event.actor, named, _without_tag(event.actor), _without_tag(named)}


def _without_tag(text: str) -> str:
    try:
        return parse_reference(text).familiar_name
    except InvalidArgument:
        return text
