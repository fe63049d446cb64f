"""Events repeat themselves for older clients only."""

import msgspec

from plugins.api_docker.convert.events import event_message
from plugins.api_docker.versions import ApiVersion
from sdk.events import Event, EventType


def test_status_id_and_from_are_gone_since_api_1_52() -> None:
    event = Event(EventType.CONTAINER, "start", "c", 1_500_000_000, {"image": "busybox"})
    older = msgspec.to_builtins(event_message(event, ApiVersion(1, 51)))
    newer = msgspec.to_builtins(event_message(event, ApiVersion(1, 52)))
    assert (older["status"], older["id"], older["from"]) == ("start", "c", "busybox")
    assert older.keys() - newer.keys() == {"status", "id", "from"}
