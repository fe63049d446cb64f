"""An end is settled: the record says it, and clients who wait for it, or are attached, see it. A failure on the way keeps none attached."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.engine.containers.settle import settle
from core.engine.containers.wait import register
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.logs import StdStream
from sdk.drivers.runtime import ExitStatus, Task
from sdk.engine.config import HostConfig, RestartKind, RestartPolicy
from sdk.engine.containers import ContainerState, WaitCondition, WaitResult
from tests.unit.core import records

pytestmark = pytest.mark.anyio

RECORD = records.record(state=ContainerState.RUNNING)
ALWAYS = HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS))
TASK = cast(Task, SimpleNamespace(pid=1))


class Store:
    """All that is asked of the container store here; `failure` is what it raises when it is to keep a record."""

    failure: Exception | None = None

    def keep(self, live: LiveContainer, record: ContainerRecord) -> None:
        if self.failure is not None:
            raise self.failure
        live.take(record)

    def is_written(self, container_id: str) -> bool:
        return True

    def link_names(self, container_id: str) -> tuple[str, ...]:
        return ()


async def left(container_id: str) -> None:
    """Leave the networks of a container that has none."""


def context_of(directory: Path, store: Store, *, stopping: bool = False) -> EngineContext:
    context = SimpleNamespace(
        live_settings=SimpleNamespace(stopping=stopping),
        bundle=lambda container_id: directory / container_id,
        containers=store,
        attachments=SimpleNamespace(disconnect=left),
        volumes=None,
        events=EventBus(),
        background=SimpleNamespace(start=lambda *_: None),
    )
    return cast(EngineContext, context)


async def test_its_clients_are_told(tmp_path: Path) -> None:
    live = LiveContainer(RECORD)
    wait, attached = register(live, WaitCondition.NOT_RUNNING), live.hub.subscribe(StdStream.STDOUT)
    assert await settle(context_of(tmp_path, Store()), live, TASK, ExitStatus(3, at_ns=7, oom_killed=True)) is None
    record = live.record
    assert (record.state, record.exit_code, record.oom_killed, record.pid) == (ContainerState.EXITED, 3, True, 0)
    with anyio.fail_after(30):
        assert await wait.result() == WaitResult(3)
        assert [chunk async for chunk in attached] == []


@pytest.mark.parametrize(
    ("stopping", "state"), [(False, ContainerState.RESTARTING), (True, ContainerState.EXITED)], ids=["running", "stopping"]
)
async def test_its_policy_starts_it_again_unless_the_daemon_stops_it(tmp_path: Path, stopping: bool, state: ContainerState) -> None:
    live = LiveContainer(replace(RECORD, host_config=ALWAYS))
    delay = await settle(context_of(tmp_path, Store(), stopping=stopping), live, TASK, ExitStatus(0, at_ns=7))
    assert (live.record.state, delay is None) == (state, stopping)


async def test_attached_clients_see_the_end_of_one_that_cannot_be_settled(tmp_path: Path) -> None:
    live, store = LiveContainer(RECORD), Store()
    store.failure = OSError(5, "Input/output error")
    attached = live.hub.subscribe(StdStream.STDOUT)
    with pytest.raises(OSError, match="Input/output error"):
        await settle(context_of(tmp_path, store), live, TASK, ExitStatus(3, at_ns=7))
    with anyio.fail_after(30):
        assert [chunk async for chunk in attached] == []
