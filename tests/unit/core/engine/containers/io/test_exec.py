"""A container may end while a process for it is put together: the client is told so. A process ends though its runtime fails to tell."""

import os
import signal
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import anyio
import pytest

from core.background import Background
from core.containers.life.execs import Exec
from core.containers.life.live import LiveContainer
from core.containers.life.probing import ProbeCounts
from core.engine.containers import exit_status as asking
from core.engine.containers import health
from core.engine.containers.exit_status import LOST
from core.engine.containers.io import exec as exec_verb
from core.engine.context import EngineContext
from core.events.bus import EventBus
from sdk.drivers.runtime import ExitStatus, ProcessIO, RunningProcess, Task
from sdk.engine.config import ContainerConfig, HealthcheckConfig
from sdk.engine.containers import ContainerState, ExecRequest, HealthStatus
from sdk.errors import DriverError, NotRunning
from sdk.events import Event
from sdk.oci.runtime import Process, User
from tests.unit.core import records

pytestmark = pytest.mark.anyio

CHECK = HealthcheckConfig(test=("CMD", "true"), interval=1_000_000, timeout=100_000_000, retries=1)
RECORD = records.record(config=ContainerConfig(healthcheck=CHECK), state=ContainerState.RUNNING)

GONE = 1 << 22
"""Above the largest PID."""


class EndedTask:
    """All that is asked of a task here: it has ended."""

    async def exec(self, exec_id: str, process: Process, io: ProcessIO, *, privileged: bool = False) -> RunningProcess:
        raise NotRunning("c")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> LiveContainer:
    made = LiveContainer(RECORD)
    made.run.begin(cast(Task, EndedTask()))

    async def ends_meanwhile(*_: object) -> Process:
        made.run.leave()
        return Process(user=User(uid=0, gid=0), args=("true",), cwd="/")

    monkeypatch.setattr(exec_verb, "identity_of", ends_meanwhile)
    monkeypatch.setattr(exec_verb, "exec_process", ends_meanwhile)
    return made


def context_of(background: Background | None, tell: Callable[[Event], None] = lambda _event: None) -> EngineContext:
    return cast(EngineContext, SimpleNamespace(background=background, events=EventBus(tell), probes=ProbeCounts()))


async def test_an_exec_is_refused(live):
    execution = Exec("e", ExecRequest(cmd=("true",)))
    with pytest.raises(NotRunning):
        await exec_verb.run(context_of(None), live, execution)
    assert execution.exit_code == 126
    assert execution.ready.is_set()


async def test_a_probe_fails_and_the_engine_goes_on(live):
    async with anyio.create_task_group() as tasks:
        health.begin(context_of(Background(tasks)), live)
        with anyio.fail_after(30):
            while live.probing.health is None or not live.probing.health.log:
                await anyio.sleep(0.001)
        live.probing.stop()
    assert live.probing.health.status is HealthStatus.UNHEALTHY
    assert live.probing.health.log[0].output == "container c is not running"


class Ending(RunningProcess):
    """A further process without output. Its runtime fails to tell its end as often as `failures` says, or until it is killed."""

    stdout = stderr = None

    def __init__(self, pid: int, failures: int, code: int = 3) -> None:
        self._pid, self._failures, self._code = pid, failures, code
        self.killed = self.closed = False

    @property
    def pid(self) -> int:
        return self._pid

    async def wait(self) -> ExitStatus:
        if self._failures and not self.killed:
            self._failures -= 1
            raise DriverError("ns", "wait", "boom")
        return ExitStatus(self._code, at_ns=7)

    async def signal(self, number: int) -> None:
        self.killed = number == signal.SIGKILL

    async def resize(self, rows: int, columns: int) -> None:
        raise NotImplementedError

    def open_stdin(self) -> int | None:
        raise NotImplementedError

    def close_stdin(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[[RunningProcess], LiveContainer]:
    """A running container in which the given process is started next."""
    monkeypatch.setattr(asking, "_ASKED_AGAIN", (0.001,))

    async def put_together(*_: object) -> Process:
        return Process(user=User(uid=0, gid=0), args=("true",), cwd="/")

    monkeypatch.setattr(exec_verb, "identity_of", put_together)
    monkeypatch.setattr(exec_verb, "exec_process", put_together)

    def begin(process: RunningProcess) -> LiveContainer:
        async def started(*_: object, **__: object) -> RunningProcess:
            return process

        live = LiveContainer(RECORD)
        live.run.begin(cast(Task, SimpleNamespace(exec=started)))
        return live

    return begin


@pytest.mark.parametrize(
    ("pid", "failures", "code"), [(os.getpid(), 5, 3), (GONE, sys.maxsize, LOST)], ids=["told at last", "gone"]
)
async def test_an_exec_ends_though_its_runtime_fails_to_tell(begun, pid: int, failures: int, code: int):
    process = Ending(pid, failures)
    live, execution, told = begun(process), Exec("e", ExecRequest(cmd=("true",))), []
    live.execs.add(execution)
    async with anyio.create_task_group() as tasks:
        with anyio.fail_after(30):
            await exec_verb.run(context_of(Background(tasks), told.append), live, execution)
    assert not execution.running
    assert execution.exit_code == code
    assert process.closed
    assert [event.attributes["exitCode"] for event in told if event.action == "exec_die"] == [str(code)]


@pytest.mark.parametrize(("failures", "killed", "code"), [(5, False, 0), (sys.maxsize, True, -1)], ids=["told at last", "killed"])
async def test_a_probe_is_not_left_running_where_its_runtime_fails_to_tell(begun, failures: int, killed: bool, code: int):
    process = Ending(os.getpid(), failures, code=0)
    live = begun(process)
    async with anyio.create_task_group() as tasks:
        health.begin(context_of(Background(tasks)), live)
        with anyio.fail_after(30):
            while not live.probing.health.log:
                await anyio.sleep(0.001)
        live.probing.stop()
    assert live.probing.health.log[0].exit_code == code
    assert (process.killed, process.closed) == (killed, True)
