"""A call is answered, cancelled or told that there is no answer; never left alone."""

import asyncio
import random
import socket
from pathlib import Path

import anyio
import pytest

from sdk.drivers.volume import VolumeDriver
from sdk.errors import NoSuchVolume, Unavailable
from sdk.isolation.calling import CALLS_OUT, Caller, ProcessEnded
from sdk.isolation.faults import PluginFailure
from sdk.isolation.frames import LARGEST, Call, Logged, Pong, Refused, Returned, Splitter, Why, encode, from_daemon
from sdk.isolation.methods import methods_of
from tests.odd_volumes import OddVolumes
from tests.unit.sdk.isolation.conftest import REQUEST, Connected, Heard

pytestmark = pytest.mark.anyio

METHODS = methods_of([VolumeDriver])


async def silent() -> tuple[Caller, socket.socket]:
    """Return a caller, and the other end of its connection, which answers nothing by itself."""
    here, there = socket.socketpair()
    caller = Caller('volume driver "odd"', Heard().ears)
    await caller.channel.open(here)
    return caller, there


async def test_a_call_returns_what_the_driver_returns(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        assert await caller.call(METHODS["mount"], ["v", "2"], {}) == Path("/x/x")
        assert await caller.call(METHODS["unmount"], ["v"], {"user": "2"}) is None
        made = await caller.call(METHODS["create"], ["v", {"a": "b"}], {})
    assert made == await driver.create("v", {"a": "b"})


async def test_a_call_raises_what_the_driver_raises(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        with pytest.raises(NoSuchVolume, match="get none: no such volume"):
            await caller.call(METHODS["remove"], ["none"], {})
        with pytest.raises(PermissionError) as refused:
            await caller.call(METHODS["remove"], ["oserror"], {})
        assert refused.value.filename == "/some/where"
        with pytest.raises(PluginFailure, match="it is strange"):
            await caller.call(METHODS["remove"], ["strange"], {})
        with pytest.raises(PluginFailure, match="the driver returned None, not Path"):
            await caller.call(METHODS["mount"], ["wrong", "1"], {})


async def test_many_calls_are_out_at_once(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for _ in range(100):
                    tasks.start_soon(caller.call, METHODS["create"], ["sleep:0.2", {}], {})


async def test_a_cancelled_call_is_cancelled_there(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        with anyio.move_on_after(0.05) as scope:
            await caller.call(METHODS["create"], ["sleep:60", {}], {})
        assert scope.cancelled_caught
        assert driver.slept == "cancelled"


async def test_a_cancelled_call_that_ends_all_the_same_is_not_lost(connected: Connected, driver: OddVolumes) -> None:
    """As of a driver in the daemon that shields what it does: its caller gets the result, and can undo it."""

    class Shielding(OddVolumes):
        async def _do(self, name: str) -> None:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.2)

    async with connected(Shielding(driver.context)) as caller:
        made = None
        with anyio.move_on_after(0.05):
            made = await caller.call(METHODS["create"], ["v", {}], {})
    assert made is not None


async def test_an_answer_that_comes_at_the_moment_of_a_cancellation_is_not_lost() -> None:
    """Its caller would wait for it until the deadline, and the daemon's stop with it."""
    caller, there = await silent()
    task = asyncio.get_running_loop().create_task(caller.call(METHODS["list"], [], {}))
    await asyncio.sleep(0)
    (call,) = Splitter().feed(await asyncio.to_thread(there.recv, 4096))
    asked = from_daemon(call)
    assert isinstance(asked, Call)
    task.cancel()
    caller.channel.data_received(encode(Returned(asked.number, [])))  # before the task has run
    assert await asyncio.wait_for(task, 10) == []
    there.close()


async def test_a_call_that_is_cancelled_as_its_process_ends_is_cancelled() -> None:
    """It would be made again, in the next process, for a caller that waits no longer."""
    caller, there = await silent()
    task = asyncio.get_running_loop().create_task(caller.call(METHODS["list"], [], {}))
    await asyncio.sleep(0)
    caller.channel.connection_lost(None)
    task.cancel()  # before the task has run
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    there.close()


@pytest.mark.parametrize("seed", range(3))
async def test_calls_that_are_cancelled_at_any_moment_all_end(connected: Connected, driver: OddVolumes, seed: int) -> None:
    chance = random.Random(seed)

    async def call(seconds: float, patience: float) -> None:
        with anyio.move_on_after(patience):
            await caller.call(METHODS["create"], [f"sleep:{seconds}", {}], {})

    async with connected(driver) as caller:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for _ in range(300):
                    tasks.start_soon(call, chance.uniform(0, 0.02), chance.uniform(0, 0.02))
                    await anyio.sleep(chance.choice((0, 0.001)))
        assert caller._out == {}
        assert await caller.call(METHODS["size"], ["v"], {}) == 1


async def test_arguments_that_are_too_large_are_told_to_the_caller(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        with pytest.raises(PluginFailure, match="the arguments of create are too large"):
            await caller.call(METHODS["create"], ["x" * LARGEST, {}], {})
        with pytest.raises(PluginFailure, match=r"what the driver returned: .* cannot be sent at once"):
            await caller.call(METHODS["mount"], ["v", str(LARGEST)], {})
        assert await caller.call(METHODS["size"], ["v"], {}) == 1


async def test_a_process_that_ends_is_told_to_all_who_wait_and_to_all_who_come() -> None:
    caller, there = await silent()
    async with anyio.create_task_group() as tasks:

        async def waits() -> None:
            with pytest.raises(ProcessEnded) as ended:
                await caller.call(METHODS["list"], [], {})
            assert ended.value.sent

        tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        there.close()
    with pytest.raises(ProcessEnded) as ended:
        await caller.call(METHODS["list"], [], {})
    assert not ended.value.sent


async def test_a_process_that_ends_lets_a_cancelled_call_go() -> None:
    caller, there = await silent()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(caller.call, METHODS["list"], [], {})
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        there.close()
    assert caller.gone.is_set()


async def test_a_process_that_ends_before_it_opens_is_told() -> None:
    caller, there = await silent()
    there.close()
    with pytest.raises(ProcessEnded):
        await caller.open(REQUEST)


async def test_a_driver_that_answers_nothing_gets_so_many_calls_and_no_more() -> None:
    caller, there = await silent()
    async with anyio.create_task_group() as tasks:
        for _ in range(CALLS_OUT):
            tasks.start_soon(caller.call, METHODS["list"], [], {})
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(Unavailable, match=f'volume driver "odd" does not answer: {CALLS_OUT} calls are out'):
            await caller.call(METHODS["list"], [], {})
        tasks.cancel_scope.cancel()
        there.close()


async def test_answers_to_calls_that_there_are_not_do_nothing() -> None:
    caller, there = await silent()
    there.sendall(encode(Returned(77, None)) + encode(Pong()) + encode(Refused("it broke", Why.BROKEN)) * 2)
    there.close()
    await caller.gone.wait()
    assert caller.why == "it broke"


async def test_what_is_no_frame_ends_the_connection() -> None:
    caller, there = await silent()
    there.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    await caller.gone.wait()
    assert caller.why.startswith("it sent what is no frame: a frame of")
    assert there.recv(1) == b""
    there.close()


async def test_pings_are_answered_by_the_event_loop_there(connected: Connected, driver: OddVolumes) -> None:
    async with connected(driver) as caller:
        caller.ping()
        caller.ping()
        assert caller.unanswered_pings == 2
        await caller.call(METHODS["list"], [], {})
        assert caller.unanswered_pings == 0


async def test_what_is_said_unasked_is_heard() -> None:
    here, there = socket.socketpair()
    heard = Heard()
    caller = Caller("x", heard.ears)
    await caller.channel.open(here)
    there.sendall(encode(Logged(20, "a")))
    there.close()
    await caller.gone.wait()
    assert heard == [Logged(20, "a")]
