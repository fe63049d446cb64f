"""A container may end while a process for it is put together: whoever asked is told so."""

from types import SimpleNamespace
from typing import cast

import anyio
import pytest

from core.background import Background
from core.containers.life.execs import Exec
from core.containers.life.live import LiveContainer
from core.containers.life.probing import ProbeCounts
from core.containers.life.record import ContainerRecord
from core.engine.containers import health
from core.engine.containers.io import exec as exec_verb
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.runtime import ProcessIO, RunningProcess, Task
from sdk.engine.config import ContainerConfig, HealthcheckConfig, HostConfig
from sdk.engine.containers import ContainerState, ExecRequest, HealthStatus
from sdk.errors import NotRunning
from sdk.oci.descriptor import Platform
from sdk.oci.runtime import Process, User

pytestmark = pytest.mark.anyio


class EndedTask:
    """All that is asked of a task here: it has ended."""

    async def exec(self, exec_id: str, process: Process, io: ProcessIO, *, privileged: bool = False) -> RunningProcess:
        raise NotRunning("c")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> LiveContainer:
    check = HealthcheckConfig(test=("CMD", "true"), interval=1_000_000, retries=1)
    record = ContainerRecord(
        id="c", name="n", created_ns=0, image_id="i", image="i", chain_id=None, platform=Platform("amd64"), path="sh", args=(),
        config=ContainerConfig(healthcheck=check), host_config=HostConfig(), state=ContainerState.RUNNING,
    )  # fmt: skip
    made = LiveContainer(record)
    made.run.begin(cast(Task, EndedTask()))

    async def ends_meanwhile(*_: object) -> Process:
        made.run.leave()
        return Process(user=User(uid=0, gid=0), args=("true",), cwd="/")

    monkeypatch.setattr(exec_verb, "identity_of", ends_meanwhile)
    monkeypatch.setattr(exec_verb, "exec_process", ends_meanwhile)
    return made


def context_of(background: Background | None) -> EngineContext:
    return cast(EngineContext, SimpleNamespace(background=background, events=EventBus(lambda _event: None), probes=ProbeCounts()))


async def test_an_exec_is_refused(live):
    execution = Exec("e", ExecRequest(cmd=("true",)))
    with pytest.raises(NotRunning):
        await exec_verb.run(context_of(None), live, execution)
    assert execution.exit_code == 126
    assert execution.ready.is_set()


async def test_a_probe_fails_and_the_engine_goes_on(live):
    async with anyio.create_task_group() as tasks:
        health.begin(context_of(Background(tasks)), live)
        with anyio.fail_after(5):
            while live.probing.health is None or not live.probing.health.log:
                await anyio.sleep(0.001)
        live.probing.stop()
    assert live.probing.health.status is HealthStatus.UNHEALTHY
    assert live.probing.health.log[0].output == "container c is not running"
