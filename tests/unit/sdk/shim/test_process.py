"""Processes with a shim, without root: start, streams, signals, exit status, adoption."""

import asyncio
import errno
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sdk.drivers.runtime import ProcessIO
from sdk.errors import Conflict
from sdk.linux.syscalls import native_syscalls
from sdk.shim.adopt import adopt
from sdk.shim.launch import Launch, PlanFailed, launch
from sdk.shim.plan import Plan, Record
from sdk.shim.process import ShimProcess
from sdk.shim.spawn import choose_executor
from sdk.shim.supervision import shims_titled
from sdk.shim.supervisor import NAME, detach, fork, supervise
from tests.descriptors import open_descriptors

TITLE = (NAME, f"unit{os.getpid()}")
PIPES = ProcessIO()
Starter = Callable[..., ShimProcess]


def shell_plan(script: str, *, linger: bool) -> Plan:
    plan = Plan(native_syscalls())
    detach(plan)
    forked = fork(plan, 0)
    plan.call("close_range", 3, 0xFFFFFFFF, 4, why="nothing else stays open")
    plan.call("execve", "/bin/sh", Record(("sh", "-c", script, 0)), Record(("PATH=/bin:/usr/bin", 0)), why="the program")
    supervise(plan, forked, linger=linger)
    return plan


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts shell scripts; what is left of them is ended afterwards."""
    executor = choose_executor("auto")
    started: list[ShimProcess] = []

    def start(script: str, io: ProcessIO = PIPES, *, linger: bool = False) -> ShimProcess:
        state = tmp_path / "state" if linger else None
        request = Launch(plan=shell_plan(script, linger=linger), io=io, title=TITLE, state_path=state, linger=linger)
        process = ShimProcess(launch(executor, request))
        started.append(process)
        process.watch()
        return process

    yield start
    for process in started:
        await process.signal(signal.SIGKILL)
        process.close()
        process._end_shim()
    executor.close()
    assert list(shims_titled(*TITLE)) == []


async def output_of(process: ShimProcess) -> bytes:
    assert process.stdout is not None
    os.set_blocking(process.stdout, True)
    chunks = []
    while chunk := await asyncio.to_thread(os.read, process.stdout, 65536):
        chunks.append(chunk)
    return b"".join(chunks)


async def gone(pid: int) -> bool:
    """Wait for a process that is being killed to be no more."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.anyio
async def test_output_and_exit_code(start: Starter) -> None:
    process = start("echo out; exit 3")
    assert await output_of(process) == b"out\n"
    assert (await process.wait()).code == 3
    assert (await process.wait()).code == 3


@pytest.mark.anyio
@pytest.mark.parametrize("linger", [True, False])
async def test_the_time_of_the_end(start: Starter, linger: bool) -> None:
    before = time.time_ns()
    status = await start("exit 0", linger=linger).wait()
    assert before < status.at_ns <= time.time_ns()


@pytest.mark.anyio
async def test_signals_reach_the_process(start: Starter) -> None:
    process = start("exec sleep 100")
    await process.signal(signal.SIGTERM)
    assert (await process.wait()).code == 128 + signal.SIGTERM
    await process.signal(signal.SIGTERM)


@pytest.mark.anyio
async def test_a_plan_that_fails_raises_and_leaves_nothing(start: Starter, tmp_path: Path) -> None:
    plan = Plan(native_syscalls())
    forked = fork(plan, 0)
    plan.call("chdir", "/no such place", why="to fail")
    supervise(plan, forked, linger=True)
    before = open_descriptors()
    with pytest.raises(PlanFailed) as failure:
        launch(choose_executor("python"), Launch(plan=plan, io=ProcessIO(stdin=True), title=TITLE, linger=True))
    assert failure.value.errno == errno.ENOENT
    assert failure.value.operation.reason == "to fail"
    assert open_descriptors() == before
    assert list(shims_titled(*TITLE)) == []


@pytest.mark.anyio
async def test_stdin_is_open_until_it_is_closed(start: Starter) -> None:
    process = start("cat", ProcessIO(stdin=True))
    for word in (b"one ", b"two"):
        descriptor = process.open_stdin()
        assert descriptor is not None
        os.write(descriptor, word)
        os.close(descriptor)
    await asyncio.sleep(0.05)
    assert process.exit_status is None
    process.close_stdin()
    process.close_stdin()
    assert process.open_stdin() is None
    assert await output_of(process) == b"one two"
    assert (await process.wait()).code == 0


@pytest.mark.anyio
async def test_streams_that_nobody_wants_are_null(start: Starter) -> None:
    process = start("echo lost; cat", ProcessIO(stdout=False, stderr=False))
    assert (process.stdout, process.stderr, process.open_stdin()) == (None, None, None)
    assert (await process.wait()).code == 0


@pytest.mark.anyio
async def test_only_terminals_have_a_size(start: Starter) -> None:
    with pytest.raises(Conflict):
        await start("exec sleep 100").resize(1, 1)


@pytest.mark.anyio
async def test_a_lingering_shim_keeps_output_and_status(start: Starter, tmp_path: Path) -> None:
    process = start("echo last words; exit 4", linger=True)
    await process.wait()
    process.close()
    adopted = adopt(tmp_path / "state")
    assert adopted is not None
    again = ShimProcess(adopted)
    again.watch()
    assert (await again.wait()).code == 4
    assert again._streams.stdout is not None
    assert os.read(again._streams.stdout, 100) == b"last words\n"
    again.close()


@pytest.mark.anyio
async def test_a_running_process_is_adopted_with_its_stdin(start: Starter, tmp_path: Path) -> None:
    start("cat; exit 6", ProcessIO(stdin=True), linger=True)
    adopted = adopt(tmp_path / "state")
    assert adopted is not None
    process = ShimProcess(adopted)
    process.watch()
    descriptor = process.open_stdin()
    assert descriptor is not None
    os.write(descriptor, b"hello")
    os.close(descriptor)
    process.close_stdin()
    assert (await process.wait()).code == 6
    process.close()


@pytest.mark.anyio
async def test_a_killed_shim_takes_its_process_along(start: Starter) -> None:
    process = start("exec sleep 100", linger=True)
    (shim,) = shims_titled(*TITLE)
    os.kill(shim, signal.SIGKILL)
    assert (await process.wait()).code == 137
    assert await gone(process.pid)


@pytest.mark.anyio
async def test_a_shim_that_is_gone_leaves_the_status(start: Starter, tmp_path: Path) -> None:
    process = start("exit 9", linger=True)
    await process.wait()
    process._end_shim()
    adopted = adopt(tmp_path / "state")
    assert adopted is not None
    assert adopted.shim is None
    again = ShimProcess(adopted)
    again.watch()
    assert (await again.wait()).code == 9
    assert again.stdout is None


def test_nothing_is_adopted_where_nothing_was(tmp_path: Path) -> None:
    assert adopt(tmp_path / "state") is None
    (tmp_path / "state").write_bytes(b"half a hea")
    assert adopt(tmp_path / "state") is None
    (tmp_path / "state").write_bytes(shell_plan("exit 0", linger=True).assemble())
    assert adopt(tmp_path / "state") is None
