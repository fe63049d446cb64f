"""Events as clients see them: a type, an action, an actor and a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class EventType(StrEnum):
    """What an event is about."""

    CONTAINER = "container"
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "volume"
    DAEMON = "daemon"
    PLUGIN = "plugin"
    BUILDER = "builder"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at `time_ns`, nanoseconds since 1970. `action` is Docker's word and may carry a suffix ("exec_create: sh",
    "health_status: healthy"). `actor` is the ID of what it happened to, or its name; `attributes` say more of it, labels among them.
    """

    type: EventType
    action: str
    actor: str
    time_ns: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    scope: str = "local"


class EventSink(Protocol):
    """Where drivers and verbs put events. Publishing never blocks."""

    def publish(self, event: Event) -> None: ...
