"""The runtime contract, kept by `runtime_oci` with the binary that works on this machine."""

import shutil

import pytest

from sdk.testing.contracts.runtime import RuntimeContract


@pytest.mark.privileged
@pytest.mark.skipif(not (shutil.which("runc") or shutil.which("crun")), reason="needs Debian's runc or crun")
class TestOCIRuntime(RuntimeContract):
    plugin = "plugins.runtime_oci.plugin"
