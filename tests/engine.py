"""The real engine inside the test's own process, as the daemon composes it but without listeners."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from core.app import Running, open_everything
from core.config import Settings
from core.kernel.plugins import find_plugins
from sdk.engine import Engine
from sdk.engine.images import ImportRequest
from tests.busybox import busybox_layer
from tests.daemon import remove_all


@contextmanager
def engine_root(parent: Path) -> Iterator[Path]:
    """Give a new directory for engines, one after another. At the end their containers are removed, also those a failed test left running."""
    root = parent / f"engine-{os.urandom(3).hex()}"
    root.mkdir()
    try:
        yield root
    finally:
        remove_all(root / "data", root / "run")
        shutil.rmtree(root)


@asynccontextmanager
async def real_engine(root: Path) -> AsyncIterator[Running]:
    """Open it on directories below `root`, a tmpfs. Needs root, and a network namespace of the caller's own."""
    settings = Settings(data_root=root / "data", exec_root=root / "run", hosts=())
    for directory in (settings.data_root, settings.exec_root):
        directory.mkdir(exist_ok=True)
    async with open_everything(settings, find_plugins(settings)) as running:
        yield running


async def import_busybox(engine: Engine) -> None:
    """Make the image busybox:latest."""

    async def content() -> AsyncIterator[bytes]:
        yield busybox_layer()

    steps = engine.images.import_archive(content(), ImportRequest(repository="busybox", tag="latest", changes=("CMD sh",)))
    async for _step in steps:
        pass
