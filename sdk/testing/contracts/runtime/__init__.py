"""The contract every runtime keeps.

Subclass `RuntimeContract` in a test module, name the plugin's module, and mark it privileged; it runs containers of busybox in a
directory of its own on tmpfs:

    class TestMyRuntime(RuntimeContract):
        plugin = "my_runtime.plugin"
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from sdk.testing.bundles import BundleFactory, busybox_root, static_busybox
from sdk.testing.contracts.runtime.control import ControlCases
from sdk.testing.contracts.runtime.further import FurtherProcessCases
from sdk.testing.contracts.runtime.lab import Lab
from sdk.testing.contracts.runtime.lifecycle import LifecycleCases
from sdk.testing.contracts.runtime.removal import RemovalCases
from sdk.testing.contracts.runtime.specification import SpecificationCases
from sdk.testing.contracts.runtime.streams import StreamCases
from sdk.testing.contracts.runtime.survival import SurvivalCases
from sdk.testing.runtimes import open_runtime

_numbers = itertools.count()


class RuntimeContract(
    LifecycleCases, StreamCases, SpecificationCases, FurtherProcessCases, ControlCases, SurvivalCases, RemovalCases
):
    """Cases read as the specification of `sdk.drivers.runtime`."""

    plugin: ClassVar[str]
    settings: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def root(self) -> Iterator[Path]:
        """A directory on tmpfs; afterwards nothing may be mounted there or work there any more."""
        directory = Path(tempfile.mkdtemp(prefix=f"contract{os.getpid() % 1000}-", dir="/dev/shm"))
        try:
            yield directory
            assert [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(directory) in line] == []
            assert _processes_of(directory) == []
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @pytest.fixture
    def bundles(self, root: Path) -> BundleFactory:
        busybox = static_busybox()
        if busybox is None:
            pytest.skip("needs a static busybox (Debian: busybox-static)")
        return BundleFactory(root, busybox_root(root / "lower", busybox), prefix=f"c{os.getpid()}x{next(_numbers)}x")

    @pytest.fixture
    async def lab(self, root: Path, bundles: BundleFactory) -> AsyncIterator[Lab]:
        """The runtime, opened; afterwards it must have nothing left."""
        async with open_runtime(self.plugin, self.settings, root) as runtime:
            lab = Lab(self.plugin, self.settings, root, runtime, bundles)
            try:
                yield lab
            finally:
                lab.close()
                for container_id, path in bundles.made.items():
                    await runtime.discard(container_id, path)
            assert await runtime.audit() == []


def _processes_of(directory: Path) -> list[str]:
    """Return the command lines of processes that name a directory, but for this one's."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in line and int(pid) != os.getpid():
            found.append(line)
    return found
