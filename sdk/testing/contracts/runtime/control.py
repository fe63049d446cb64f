"""Freezing, limiting and counting."""

import math
import os

import anyio
import pytest

from sdk.drivers.runtime import ProcessIO
from sdk.oci import runtime as oci
from sdk.testing.contracts.runtime.lab import MB, Lab
from sdk.testing.runtimes import exit_code, read_until, select_read, write_stdin

COUNTER = 'i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); sleep 0.02; done'


class ControlCases:
    """Freezing, limiting and counting."""

    @pytest.mark.anyio
    async def test_pause_freezes_and_resume_thaws(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", COUNTER)
        assert task.stdout is not None
        await read_until(task.stdout, b"line 1\n")
        await task.pause()
        await task.pause()
        await anyio.sleep(0.05)
        while select_read(task.stdout):
            pass
        await anyio.sleep(0.2)
        assert select_read(task.stdout) == b""
        await task.resume()
        await task.resume()
        assert b"line" in await read_until(task.stdout, b"line")

    @pytest.mark.anyio
    async def test_a_paused_container_can_be_deleted(self, lab: Lab) -> None:
        task = await lab.sleeper()
        await task.pause()
        await task.delete()
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_limits_hold_from_the_start_and_can_be_changed(self, lab: Lab) -> None:
        limits = oci.Resources(memory=oci.MemoryLimits(limit=64 * MB, swap=64 * MB), pids=oci.PidsLimit(20))
        task = await lab.sleeper(limits)
        stats = await task.stats()
        assert (stats.memory.limit, stats.pids_limit) == (64 * MB, 20)
        await task.update(oci.Resources(memory=oci.MemoryLimits(limit=128 * MB, swap=128 * MB), pids=oci.PidsLimit(30)))
        stats = await task.stats()
        assert (stats.memory.limit, stats.pids_limit) == (128 * MB, 30)

    @pytest.mark.anyio
    async def test_running_out_of_memory_is_told(self, lab: Lab) -> None:
        limits = oci.Resources(memory=oci.MemoryLimits(limit=16 * MB, swap=16 * MB))
        task = await lab.start("sh", "-c", "exec tail /dev/zero", limits=limits)
        with anyio.fail_after(30):
            status = await task.wait()
        assert status.code == 137
        assert status.oom_killed

    @pytest.mark.anyio
    async def test_a_process_that_is_killed_for_want_of_memory_is_told_of_while_the_others_run(self, lab: Lab) -> None:
        limits = oci.Resources(memory=oci.MemoryLimits(limit=16 * MB, swap=16 * MB))
        hungry = "read x; tail /dev/zero; echo lives; read x; tail /dev/zero; echo on; read x; exit 7"
        task = await lab.start("sh", "-c", hungry, io=ProcessIO(stdin=True), limits=limits)
        assert task.stdout is not None
        send, notices = anyio.create_memory_object_stream[None](math.inf)

        async def listen() -> None:
            async for _ in task.out_of_memory():
                send.send_nowait(None)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(60):
                for output in (b"lives", b"on"):
                    await write_stdin(task, b"go\n")
                    await read_until(task.stdout, output)
                    await notices.receive()
                await write_stdin(task, b"go\n")
                status = await task.wait()
            tasks.cancel_scope.cancel()
        send.close()
        notices.close()
        assert (status.code, status.oom_killed) == (7, True)

    @pytest.mark.anyio
    async def test_stats_count(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; sleep 1000")
        assert task.stdout is not None
        await read_until(task.stdout, b"done")
        stats = await task.stats()
        assert stats.cgroup_version in (1, 2)
        assert stats.cpu.total > 1_000_000
        assert stats.memory.usage > 0
        assert stats.memory.detail
        assert stats.pids >= 1

    @pytest.mark.anyio
    async def test_pids_are_those_of_the_host(self, lab: Lab) -> None:
        task = await lab.start("sh", "-c", "sleep 1000 & echo up; wait")
        assert task.stdout is not None
        await read_until(task.stdout, b"up")
        pids = await task.pids()
        assert task.pid in pids
        assert len(pids) == 2
        assert all(os.path.exists(f"/proc/{pid}") for pid in pids)
