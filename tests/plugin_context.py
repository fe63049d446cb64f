"""The context a driver is opened with, when a test opens it without a daemon."""

import logging
import os
from pathlib import Path

from sdk.events import Event
from sdk.providers import PluginContext


class NoEvents:
    def publish(self, event: Event) -> None:
        raise AssertionError(event)


def plugin_context(name: str, parent: Path) -> PluginContext:
    """Return a context with fresh directories below `parent`."""
    root = parent / f"{name}-{os.urandom(4).hex()}"
    data_root, exec_root = root / "data", root / "exec"
    for directory in (data_root, exec_root):
        directory.mkdir(parents=True)
    return PluginContext(name, data_root, exec_root, "test", NoEvents(), logging.getLogger(name))
