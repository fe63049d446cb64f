"""The pytest plugin for authors of plugins: it comes with the sdk by itself.

- Tests marked `privileged` are skipped, with the reason, for whoever is not root.
- `plugin_context` is what a driver is opened with, on directories of the test.
"""

import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sdk.events import Event
    from sdk.providers import PluginContext


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "privileged: needs root, namespaces and cgroups")
    config.addinivalue_line("markers", "needs: a case of a contract that not every driver can keep by its nature")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("privileged"):
            item.add_marker(pytest.mark.skip(reason="needs root"))


class RecordedEvents(list["Event"]):
    """An event sink that keeps what it is given."""

    def publish(self, event: "Event") -> None:
        self.append(event)


@pytest.fixture
def plugin_context(tmp_path: Path) -> "PluginContext":
    """A plugin's context: two empty directories, an instance of its own, and events that are kept."""
    from sdk.providers import PluginContext  # noqa: PLC0415 every pytest run loads this file, few need the sdk

    data_root, exec_root = tmp_path / "data", tmp_path / "run"
    data_root.mkdir()
    exec_root.mkdir()
    return PluginContext("test", data_root, exec_root, secrets.token_hex(4), RecordedEvents(), logging.getLogger("plugins.test"))
