"""What the engine does at its end is done however the end comes; the daemon's own stop is a cancellation."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import CreateRequest
from tests.descriptors import descriptors
from tests.engine import engine_root, import_busybox, real_engine
from tests.stops import STOPS, ended_by

pytestmark = [pytest.mark.privileged, pytest.mark.anyio, pytest.mark.usefixtures("own_network")]


@pytest.fixture
def root(tmpfs: Path) -> Iterator[Path]:
    with engine_root(tmpfs) as root:
        yield root


def held(container: str, pid: int) -> list[str]:
    """Return what this process has open of a container's output: the pipes of its process, and its log."""
    output = {os.readlink(f"/proc/{pid}/fd/{stream}") for stream in (1, 2)}
    return [one for one in descriptors() if one in output or one.endswith(f"/{container}-json.log")]


@pytest.mark.parametrize("stop", STOPS)
async def test_it_lets_go_of_its_containers_and_they_run_on(root: Path, stop: str) -> None:
    container, pid = "", 0
    with ended_by(stop) as end:
        async with real_engine(root) as running:
            containers = running.engine.engine.containers
            await import_busybox(running.engine.engine)
            config = ContainerConfig(image="busybox", cmd=("sleep", "600"))
            container = (await containers.create(CreateRequest(config, HostConfig(), name="box"))).id
            await containers.start(container)
            pid = (await containers.inspect(container)).pid
            assert len(held(container, pid)) == 3
            await end()
    assert held(container, pid) == []
    async with real_engine(root) as running:
        containers = running.engine.engine.containers
        assert (await containers.inspect("box")).pid == pid
        await containers.remove("box", force=True)
