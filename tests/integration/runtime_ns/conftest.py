"""Real containers of busybox, on tmpfs; what a test leaves behind fails it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sdk.testing.bundles import BundleFactory, busybox_root, static_busybox
from sdk.testing.contracts.runtime.lab import Lab
from sdk.testing.runtimes import open_runtime

PLUGIN = "plugins.runtime_ns.plugin"

_numbers = itertools.count()


@pytest.fixture
def bench() -> Iterator[BundleFactory]:
    """Makes bundles in a directory on tmpfs, where nothing may be mounted afterwards."""
    directory = Path(tempfile.mkdtemp(prefix=f"ns{os.getpid() % 10000}-", dir="/dev/shm"))
    busybox = static_busybox()
    if busybox is None:
        pytest.skip("needs a static busybox (Debian: busybox-static)")
    try:
        yield BundleFactory(directory, busybox_root(directory / "lower", busybox), prefix=f"n{os.getpid()}x{next(_numbers)}x")
        assert str(directory) not in Path("/proc/self/mountinfo").read_text()
    finally:
        shutil.rmtree(directory)


@pytest.fixture
async def lab(bench: BundleFactory) -> AsyncIterator[Lab]:
    """The runtime, opened; afterwards it must have nothing left."""
    async with open_runtime(PLUGIN, {}, bench.directory) as runtime:
        lab = Lab(PLUGIN, {}, bench.directory, runtime, bench)
        yield lab
        lab.close()
        for container_id, path in bench.made.items():
            await runtime.discard(container_id, path)
        assert await runtime.audit() == []
