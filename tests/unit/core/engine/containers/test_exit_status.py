"""A runtime that cannot tell how a process ended is asked again, as long as the process is there."""

import os
from types import SimpleNamespace
from typing import cast

import pytest

from core.engine.containers import exit_status as asking
from core.engine.containers.exit_status import LOST, exit_status
from sdk.drivers.runtime import ExitStatus, RunningProcess
from sdk.errors import DriverError

pytestmark = pytest.mark.anyio

GONE = 1 << 22
"""Above the largest PID."""


def process(pid: int, *answers: ExitStatus | Exception) -> RunningProcess:
    left = list(answers)

    async def wait() -> ExitStatus:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return cast(RunningProcess, SimpleNamespace(pid=pid, wait=wait))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_ASKED_AGAIN", (0.0,))


async def test_what_the_runtime_tells() -> None:
    assert await exit_status("container c", process(GONE, ExitStatus(3, at_ns=7))) == ExitStatus(3, at_ns=7)


async def test_it_is_asked_until_it_can_tell() -> None:
    failure = DriverError("ns", "wait", "boom")
    assert (await exit_status("container c", process(os.getpid(), *[failure] * 5, ExitStatus(3, at_ns=7)))).code == 3


async def test_a_process_that_is_gone_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    assert (await exit_status("container c", process(GONE, DriverError("ns", "wait", "boom")))).code == LOST
    assert "container c: its end cannot be awaited: ns: wait: boom" in caplog.text
