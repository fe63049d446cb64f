"""The runtime contract, kept by `runtime_ns`."""

import pytest

from sdk.testing.contracts.runtime import RuntimeContract


@pytest.mark.privileged
class TestNamespaceRuntime(RuntimeContract):
    plugin = "plugins.runtime_ns.plugin"
