"""Supervisors and daemons that are killed."""

import asyncio
import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from plugins.runtime_ns.record import STATE
from sdk.shim.state import StateFile
from sdk.shim.supervision import shims_titled
from sdk.shim.supervisor import NAME
from sdk.testing.bundles import process
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code
from tests.descriptors import open_descriptors

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


def shim_of(lab: Lab, container_id: str) -> int:
    (pid,) = shims_titled(NAME, lab.root.name[-8:], container_id)
    return pid


async def gone(pid: int) -> bool:
    for _ in range(3000):
        if not os.path.exists(f"/proc/{pid}"):
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_killed_supervisor_ends_its_container_with_137(lab: Lab) -> None:
    bundle = lab.bundle("sleep", "1000")
    task = await lab.runtime.start(bundle, PIPES)
    os.kill(shim_of(lab, bundle.id), signal.SIGKILL)
    assert await exit_code(task) == 137
    assert await gone(task.pid)
    await task.delete()


async def test_a_supervisor_killed_without_a_daemon_is_known_to_the_next(lab: Lab) -> None:
    bundle = lab.bundle("sleep", "1000")
    await lab.orphan(bundle)
    os.kill(shim_of(lab, bundle.id), signal.SIGKILL)
    task = await lab.runtime.adopt(bundle.id, bundle.path)
    assert task is not None
    assert await exit_code(task) == 137
    assert await gone(task.pid)
    await task.delete()


async def test_an_exit_code_is_known_even_when_its_supervisor_was_killed_afterwards(lab: Lab) -> None:
    bundle = lab.bundle("sh", "-c", "exit 9")
    await lab.orphan(bundle)
    state = StateFile.open(bundle.path / STATE)
    assert state is not None
    with closing(state), anyio.fail_after(30):
        while state.exit_status(1) is None:
            await anyio.sleep(0.01)
    os.kill(shim_of(lab, bundle.id), signal.SIGKILL)
    task = await lab.runtime.adopt(bundle.id, bundle.path)
    assert task is not None
    assert await exit_code(task) == 9
    await task.delete()


async def test_terminal_signals_to_supervisors_are_ignored(lab: Lab) -> None:
    bundle = lab.bundle("sh", "-c", "sleep 0.3; exit 4")
    task = await lab.runtime.start(bundle, PIPES)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(shim_of(lab, bundle.id), number)
    assert await exit_code(task) == 4
    await task.delete()


async def test_a_supervisor_keeps_no_stray_descriptor(lab: Lab) -> None:
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)  # noqa: FBT003
    bundle = lab.bundle("sleep", "1000")
    task = await lab.runtime.start(bundle, PIPES)
    os.close(write_end)
    assert os.read(read_end, 1) == b""
    os.close(read_end)
    links = {os.readlink(f"/proc/{task.pid}/fd/{number}") for number in os.listdir(f"/proc/{task.pid}/fd")}
    assert {link.partition(":")[0] for link in links} == {"/dev/null", "pipe"}
    await task.delete()


async def test_descriptors_of_the_daemon_are_all_given_back(lab: Lab) -> None:
    await lab.run("true")
    before = open_descriptors()
    for _ in range(3):
        await lab.run("true")
    assert open_descriptors() == before


async def test_a_paused_container_can_be_deleted(lab: Lab) -> None:
    task = await lab.sleeper()
    await task.pause()
    await task.delete()
    assert (await task.wait()).code == 137


async def test_no_zombie_is_left_however_a_container_ends(lab: Lab) -> None:
    def children() -> set[str]:
        return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())

    before = children()
    deleted, discarded = await lab.sleeper(), await lab.sleeper()
    further = await deleted.exec("e1", process("true"), PIPES)
    await further.wait()
    await deleted.delete()
    *_, (container_id, path) = lab.bundles.made.items()
    await lab.runtime.discard(container_id, path)
    assert await exit_code(discarded) == 137
    assert children() <= before
