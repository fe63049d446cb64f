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
from core.engine.containers.wait import Ending, register
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.runtime import Task
from sdk.engine.config import ContainerConfig, HostConfig, RestartKind, RestartPolicy
from sdk.engine.containers import ContainerState as State
from sdk.engine.containers import WaitCondition, WaitResult
from tests.unit.core import records

pytestmark = pytest.mark.anyio

RECORD = records.record(
    config=ContainerConfig(stop_timeout=5), host_config=HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS))
)


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


def context_of(live: LiveContainer) -> EngineContext:
    return cast(EngineContext, SimpleNamespace(containers=Store(live), events=EventBus()))


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
    context = context_of(live)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks, live.lock:
            tasks.start_soon(VERBS[verb], context, live)
            await anyio.wait_all_tasks_blocked()
            live.take(replace(live.record, state=then))
            if then is State.RUNNING:
                live.run.begin(cast(Task, Process(live)))
    assert live.record.state is State.EXITED
    assert live.run.task is None


@pytest.mark.parametrize("verb", VERBS)
async def test_clients_who_wait_for_its_end_are_told(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_verb, "destroy", removed)
    live = LiveContainer(replace(RECORD, state=State.RESTARTING))
    waits = [register(live, condition) for condition in (WaitCondition.NOT_RUNNING, WaitCondition.NEXT_EXIT)]
    await VERBS[verb](context_of(live), live)
    with anyio.fail_after(30):
        assert [await wait.result() for wait in waits] == [WaitResult(0)] * 2


@pytest.mark.parametrize("verb", VERBS)
async def test_the_end_of_its_next_run_is_another_one(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client stops it while it waits, and starts it again: who waits now is told of that run's end, not at once."""
    monkeypatch.setattr(remove_verb, "destroy", removed)
    live = LiveContainer(replace(RECORD, state=State.RESTARTING))
    await VERBS[verb](context_of(live), live)
    live.take(replace(live.record, state=State.RUNNING, stopped_by_user=False))
    live.run.begin(cast(Task, Process(live)))
    wait = register(live, WaitCondition.NOT_RUNNING)
    assert isinstance(wait, Ending)
    assert not wait.outcome.event.is_set()
    with anyio.fail_after(30):
        await kill(context_of(live), live)
        assert await wait.result() == WaitResult(137)
