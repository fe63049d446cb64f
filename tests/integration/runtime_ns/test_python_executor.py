"""The runtime contract once more, with the executor in Python: the same plans, carried out by another program."""

from typing import ClassVar

import pytest

from sdk.testing.contracts.runtime import RuntimeContract


@pytest.mark.privileged
class TestNamespaceRuntimeByPython(RuntimeContract):
    plugin = "plugins.runtime_ns.plugin"
    settings: ClassVar = {"executor": "python"}
