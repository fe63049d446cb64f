"""A container that could not be adopted is ended by its runtime: clients who wait for it, or are attached to it, see its end."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest

from core.containers.life.live import LiveContainer
from core.engine.containers.unsupervised import KILLED, end_unsupervised
from core.engine.containers.wait import register
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.logs import StdStream
from sdk.engine.containers import ContainerState, WaitCondition, WaitResult
from sdk.errors import DriverError
from tests.unit.core import records

pytestmark = pytest.mark.anyio

RECORD = records.record(state=ContainerState.RUNNING)


class Runtime:
    """All that is asked of a runtime here; `failure` is what it raises."""

    failure: Exception | None = None

    async def discard(self, container_id: str, path: Path) -> None:
        if self.failure is not None:
            raise self.failure


async def left(container_id: str) -> None:
    """Leave the networks of a container that has none."""


def context_of(runtime: Runtime, directory: Path) -> EngineContext:
    context = SimpleNamespace(
        drivers=SimpleNamespace(runtime=lambda _name: runtime),
        bundle=lambda container_id: directory / container_id,
        containers=SimpleNamespace(save=LiveContainer.take, link_names=lambda _id: ()),
        attachments=SimpleNamespace(disconnect=left),
        volumes=None,
        events=EventBus(),
    )
    return cast(EngineContext, context)


async def test_its_clients_are_told(tmp_path: Path) -> None:
    live = LiveContainer(RECORD)
    wait, attached = register(live, WaitCondition.NOT_RUNNING), live.hub.subscribe(StdStream.STDOUT)
    assert await end_unsupervised(context_of(Runtime(), tmp_path), live)
    assert live.record.state is ContainerState.EXITED
    with anyio.fail_after(30):
        assert await wait.result() == WaitResult(KILLED)
        assert [chunk async for chunk in attached] == []


async def test_one_that_its_runtime_cannot_end_runs_on(tmp_path: Path) -> None:
    live, runtime = LiveContainer(RECORD), Runtime()
    runtime.failure = DriverError("ns", "discard", "boom")
    wait = register(live, WaitCondition.NOT_RUNNING)
    with pytest.raises(DriverError):
        await end_unsupervised(context_of(runtime, tmp_path), live)
    assert live.record.state is ContainerState.RUNNING
    assert not wait.outcome.event.is_set()
