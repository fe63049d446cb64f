"""One reading of every running container, whatever the runtimes do."""

import os
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from core.engine.containers.views.readings import stats_all
from core.engine.context import EngineContext
from sdk.drivers.runtime import BatchStats, TaskStats
from sdk.engine.config import HostConfig
from sdk.engine.modes import NetworkKind, NetworkMode
from sdk.errors import NotRunning, Unavailable

pytestmark = pytest.mark.anyio


class OneByOne:
    """A runtime without the ability: its tasks are asked."""


class Batch(BatchStats):
    """Tells what it has; counts its calls."""

    def __init__(self, known: Mapping[str, TaskStats]) -> None:
        self.known, self.asked = known, list[list[str]]()

    async def stats_many(self, container_ids: Sequence[str]) -> Mapping[str, TaskStats]:
        self.asked.append(sorted(container_ids))
        return self.known


class Stuck(BatchStats):
    """Does not answer any more."""

    async def stats_many(self, container_ids: Sequence[str]) -> Mapping[str, TaskStats]:
        raise Unavailable("stuck")


class Process:
    """A task."""

    def __init__(self, stats: TaskStats | None, pid: int = os.getpid()) -> None:
        self.pid = pid
        self._stats = stats

    async def stats(self) -> TaskStats:
        if self._stats is None:
            raise NotRunning("ended")
        return self._stats


def container(name: str, runtime: str, task: Process | None, kind: NetworkKind = NetworkKind.NONE) -> SimpleNamespace:
    host_config = HostConfig(runtime=runtime, network_mode=NetworkMode(kind))
    return SimpleNamespace(id=name, run=SimpleNamespace(task=task), record=SimpleNamespace(host_config=host_config))


def engine(runtimes: Mapping[str, object], *containers: SimpleNamespace) -> EngineContext:
    drivers = SimpleNamespace(runtime=runtimes.__getitem__)
    return cast(EngineContext, SimpleNamespace(containers=containers, drivers=drivers))


async def test_a_runtime_is_asked_once_for_all_that_run() -> None:
    batch = Batch({"a": TaskStats(1, pids=1), "b": TaskStats(1, pids=2)})
    process = Process(None)
    context = engine({"": batch}, *(container(name, "", process) for name in "abc"), container("idle", "", None))
    found = await stats_all(context)
    assert batch.asked == [["a", "b", "c"]]
    assert {name: reading.task.pids for name, reading in found.items()} == {"a": 1, "b": 2}
    assert found["a"].online_cpus == os.cpu_count()


async def test_one_without_the_ability_is_asked_for_each_and_one_that_ended_is_left_out() -> None:
    running, ended = Process(TaskStats(2, pids=3)), Process(None)
    found = await stats_all(engine({"x": OneByOne()}, container("a", "x", running), container("b", "x", ended)))
    assert {name: reading.task.pids for name, reading in found.items()} == {"a": 3}


async def test_a_runtime_that_does_not_answer_takes_no_other_along() -> None:
    runtimes = {"": Stuck(), "x": Batch({"b": TaskStats(1)})}
    assert (await stats_all(engine(runtimes, container("a", "", Process(None)), container("b", "x", Process(None))))).keys() == {
        "b"
    }


async def test_interfaces_are_those_of_the_containers_own_network() -> None:
    batch = Batch(dict.fromkeys("abc", TaskStats(1)))
    gone = Process(None, pid=2**22 + 1)
    kinds = {"a": NetworkKind.HOST, "b": NetworkKind.NETWORK}
    containers = [container(name, "", Process(None), kind) for name, kind in kinds.items()]
    found = await stats_all(engine({"": batch}, *containers, container("c", "", gone, NetworkKind.NETWORK)))
    assert found.keys() == {"a", "b"}
    assert found["a"].networks == {}
    assert "lo" not in found["b"].networks
