"""The pytest plugin for authors of plugins. It is asked for by name: `pytest_plugins = ["sdk.testing.plugin"]` in the topmost
`conftest.py`, or `pytest -p sdk.testing.plugin`.

- Tests marked `privileged` are skipped, with the reason, for a user who is not root.
- `plugin_context` is what a driver is opened with, on directories of the test.
"""

import os
from pathlib import Path

import pytest

from sdk.providers import PluginContext
from sdk.testing.context import plugin_context as make_context

pytest.register_assert_rewrite("sdk.testing.contracts")  # so that a failed case shows what it compared


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marks of the contracts."""
    config.addinivalue_line("markers", "privileged: needs root, namespaces and cgroups")
    config.addinivalue_line("markers", "needs: a case of a contract that not every driver can keep by its nature")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what only root can do."""
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("privileged"):
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.fixture
def plugin_context(tmp_path: Path) -> PluginContext:
    """A plugin's context: two empty directories, an instance of its own, and events that are kept."""
    return make_context("test", tmp_path)
