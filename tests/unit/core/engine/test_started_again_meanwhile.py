"""A container may be started again by its policy while a client stops, kills or removes it: it does not run afterwards."""

from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.engine.containers import remove as remove_verb
from core.engine.containers.remove import remove
from core.engine.containers.stop import kill, stop
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.runtime import Task
from sdk.engine.config import ContainerConfig, HostConfig, RestartKind, RestartPolicy
from sdk.engine.containers import ContainerState as State
from sdk.engine.containers import WaitResult
from sdk.oci.descriptor import Platform

pytestmark = pytest.mark.anyio

RECORD = ContainerRecord(
    id="c", name="n", created_ns=0, image_id="i", image="i", chain_id=None, platform=Platform("amd64"), path="sh", args=(),
    config=ContainerConfig(stop_timeout=5), host_config=HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS)),
)  # fmt: skip


class Process:
    """A task whose process ends by any signal, and is settled by the policy as the engine would."""

    def __init__(self, live: LiveContainer) -> None:
        self._live = live

    async def signal(self, number: int) -> None:
        live = self._live
        live.run.leave()
        live.take(replace(live.record, state=State.EXITED if live.record.stopped_by_user else State.RESTARTING))
        live.ends.ended(WaitResult(128 + number))


class Store:
    """All that is asked of the container store here."""

    def __init__(self, live: LiveContainer) -> None:
        self._live = live

    def __contains__(self, container_id: str) -> bool:
        return container_id == self._live.id

    def keep(self, live: LiveContainer, record: ContainerRecord) -> None:
        live.take(record)


async def removed(context: EngineContext, live: LiveContainer, *, volumes: bool) -> None:
    assert live.record.state in (State.EXITED, State.CREATED)


VERBS = {
    "rm": lambda context, live: remove(context, live, force=True),
    "stop": stop,
    "kill": kill,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("at_first", "then"),
    [
        (State.RESTARTING, State.RUNNING),  # its start was under way
        (State.RUNNING, State.RESTARTING),  # its end was being settled
        (State.RUNNING, State.RUNNING),  # both, one after the other
        (State.RESTARTING, State.RESTARTING),
    ],
)
async def test_it_does_not_run_afterwards(verb: str, at_first: State, then: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_verb, "destroy", removed)
    live = LiveContainer(replace(RECORD, state=at_first))
    context = cast(EngineContext, SimpleNamespace(containers=Store(live), events=EventBus()))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks, live.lock:
            tasks.start_soon(VERBS[verb], context, live)
            await anyio.wait_all_tasks_blocked()
            live.take(replace(live.record, state=then))
            if then is State.RUNNING:
                live.run.begin(cast(Task, Process(live)))
    assert live.record.state is State.EXITED
    assert live.run.task is None
