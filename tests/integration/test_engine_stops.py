"""What the engine does at its end is done however the end comes; the daemon's own stop is a cancellation."""

import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import CreateRequest
from sdk.testing.netns import private_network
from tests.engine import engine_root, import_busybox, real_engine

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


class Broken(Exception):
    """What goes wrong while the engine is open."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.fixture
def root(tmpfs: Path) -> Iterator[Path]:
    with engine_root(tmpfs) as root:
        yield root


def held(container: str, pid: int) -> list[str]:
    """Return what this process has open of a container's output: the pipes of its process, and its log."""
    output = {os.readlink(f"/proc/{pid}/fd/{stream}") for stream in (1, 2)}
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
        except FileNotFoundError:  # the one that lists them
            continue
        if target in output or target.endswith(f"/{container}-json.log"):
            found.append(target)
    return found


@pytest.mark.parametrize("stop", ["ordinary", "error", "cancellation"])
async def test_it_lets_go_of_its_containers_and_they_run_on(root: Path, stop: str) -> None:
    container, pid = "", 0
    with anyio.CancelScope() as scope:
        try:
            async with real_engine(root) as running:
                containers = running.engine.engine.containers
                await import_busybox(running.engine.engine)
                config = ContainerConfig(image="busybox", cmd=("sleep", "600"))
                container = (await containers.create(CreateRequest(config, HostConfig(), name="box"))).id
                await containers.start(container)
                pid = (await containers.inspect(container)).pid
                assert len(held(container, pid)) == 3
                if stop == "cancellation":
                    scope.cancel()
                    await anyio.sleep_forever()
                _break(stop)
        except* Broken:
            assert stop == "error"
    assert held(container, pid) == []
    async with real_engine(root) as running:
        containers = running.engine.engine.containers
        assert (await containers.inspect("box")).pid == pid
        await containers.remove("box", force=True)


def _break(stop: str) -> None:
    if stop == "error":
        raise Broken
