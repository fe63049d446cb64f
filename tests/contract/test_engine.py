"""The contract of the engine, kept by the real one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sdk.engine import Engine
from sdk.testing.contracts.engine import EngineContract
from sdk.testing.netns import private_network
from tests.engine import engine_root, import_busybox, real_engine

pytestmark = pytest.mark.privileged


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.fixture(scope="module")
def root(network: None, tmpfs: Path) -> Iterator[Path]:
    with engine_root(tmpfs) as root:
        yield root


class TestEngine(EngineContract):
    @pytest.fixture(scope="module")
    @classmethod
    async def engine(cls, anyio_backend: str, root: Path) -> AsyncIterator[Engine]:
        async with real_engine(root) as running:
            await import_busybox(running.engine.engine)
            yield running.engine.engine
