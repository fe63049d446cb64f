"""A plugin's context as a test makes it: directories of its own, and events that are kept."""

from pathlib import Path

from sdk.events import Event, EventType
from sdk.testing.context import RecordedEvents, plugin_context


def test_each_context_has_empty_directories_and_an_instance_of_its_own(tmp_path: Path) -> None:
    one, other = plugin_context("storage_x", tmp_path), plugin_context("storage_x", tmp_path)
    for context in (one, other):
        assert list(context.data_root.iterdir()) == list(context.exec_root.iterdir()) == []
    assert len({one.data_root, one.exec_root, other.data_root, other.exec_root}) == 4
    assert one.instance != other.instance
    assert one.log.name == "plugins.storage_x"


def test_what_a_driver_publishes_is_kept(tmp_path: Path) -> None:
    events = RecordedEvents()
    context = plugin_context("x", tmp_path, events=events)
    event = Event(EventType.VOLUME, "create", "v", 0)
    context.events.publish(event)
    assert events == [event]
