"""What a driver is opened with, made by a test instead of by the daemon."""

import logging
import secrets
from pathlib import Path

from sdk.events import Event
from sdk.providers import PluginContext
from sdk.testing.installed import InstalledInTest


class RecordedEvents(list[Event]):
    """An event sink that keeps what it is given."""

    def publish(self, event: Event) -> None:
        """Keep an event."""
        self.append(event)


def plugin_context(name: str, parent: Path, *, events: RecordedEvents | None = None) -> PluginContext:
    """Return a plugin's context: two new, empty directories below `parent`, and an instance of its own.

    Call it once and open the driver with it again to test what a driver finds after a restart. `events` keeps what the driver publishes.
    """
    instance = secrets.token_hex(4)
    data_root, exec_root = parent / f"{name}-{instance}" / "data", parent / f"{name}-{instance}" / "exec"
    for directory in (data_root, exec_root):
        directory.mkdir(parents=True)
    sink = RecordedEvents() if events is None else events
    installed = InstalledInTest(exec_root.parent, instance, sink)
    return PluginContext(name, data_root, exec_root, instance, sink, logging.getLogger(f"plugins.{name}"), installed)
