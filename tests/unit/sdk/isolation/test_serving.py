"""The plugin's side serves one driver, and ends with the daemon."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import pytest
from msgspec import structs

from sdk.drivers.network import ExternalNetworks
from sdk.drivers.volume import VolumeDriver, VolumeDriverSource
from sdk.errors import SkipPlugin, StartFailed
from sdk.isolation.calling import Caller
from sdk.isolation.faults import PluginFailure
from sdk.isolation.frames import (
    Call,
    Cancel,
    Cancelled,
    Close,
    Happened,
    Logged,
    Ready,
    Refused,
    Returned,
    Splitter,
    Why,
    encode,
    from_plugin,
)
from sdk.isolation.methods import methods_of
from sdk.isolation.serving import Served
from sdk.testing.network_driver import PaperNetworkDriver
from tests.odd_volumes import OddVolumes
from tests.unit.sdk.isolation.conftest import REQUEST, Connected, Heard

pytestmark = pytest.mark.anyio

METHODS = methods_of([VolumeDriver])


class Source(OddVolumes, VolumeDriverSource):
    def find(self, name: str) -> VolumeDriver | None:
        return None

    def names(self) -> tuple[str, ...]:
        return ()


async def answer_to(driver: object) -> Ready | Refused:
    """Return what is answered where opening gives a driver, or raises it."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[object]:
        if isinstance(driver, BaseException):
            raise driver
        yield driver

    here, there = socket.socketpair()
    caller, served = Caller("x", Heard().ears), Served()
    await caller.channel.open(here)
    await served.channel.open(there)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(served.serve, REQUEST, opened())
        answer = await caller.open(REQUEST)
        caller.close()
    await caller.gone.wait()
    return answer


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (SkipPlugin("not here"), Refused("not here", Why.SKIP)),
        (RuntimeError("two\nlines"), Refused("RuntimeError: two lines", Why.BROKEN)),
        (KeyError(), Refused("KeyError", Why.BROKEN)),
        (SystemExit(2), Refused("SystemExit: 2", Why.BROKEN)),
        (ExceptionGroup("several", [OSError("first"), ValueError()]), Refused("OSError: first", Why.BROKEN)),
    ],
)
async def test_a_driver_that_does_not_open_says_why(error: BaseException, refused: Refused) -> None:
    assert await answer_to(error) == refused


async def test_what_is_no_driver_of_its_kind_is_refused() -> None:
    assert await answer_to(object()) == Refused("TypeError: the plugin opened a object, not a VolumeDriver", Why.BROKEN)


async def test_a_driver_with_a_method_that_cannot_be_called_from_elsewhere_is_refused(driver: OddVolumes) -> None:
    assert await answer_to(Source(driver.context)) == Refused("its method find is not asynchronous", Why.UNSPEAKABLE)


async def test_a_call_of_a_method_that_there_is_not_is_an_error(connected: Connected, driver: OddVolumes) -> None:
    from dataclasses import replace

    async with connected(driver) as caller:
        for name in ("_do", "context", "__init__", "nothing"):
            with pytest.raises(PluginFailure, match=name):
                await caller.call(replace(METHODS["list"], name=name), [], {})


async def test_calls_that_are_under_way_end_before_the_driver_is_closed(connected: Connected, driver: OddVolumes) -> None:
    ended = []

    async with anyio.create_task_group() as tasks, connected(driver) as caller:

        async def slow() -> None:
            ended.append(await caller.call(METHODS["create"], ["sleep:0.3", {}], {}))

        tasks.start_soon(slow)
        await anyio.wait_all_tasks_blocked()
    assert len(ended) == 1


async def test_a_driver_that_cancels_itself_has_failed(connected: Connected, driver: OddVolumes) -> None:
    class Cancelling(OddVolumes):
        async def size(self, name: str) -> int:
            import asyncio

            raise asyncio.CancelledError

    async with connected(Cancelling(driver.context)) as caller:
        with pytest.raises(PluginFailure, match="the driver cancelled itself"):
            await caller.call(METHODS["size"], ["v"], {})


async def test_a_network_driver_of_api_1_0_answers_without_waiting() -> None:
    class Earlier(PaperNetworkDriver, ExternalNetworks):
        def is_secluded(self, options: Mapping[str, str]) -> bool:
            return not options

    @asynccontextmanager
    async def opened() -> AsyncIterator[object]:
        yield Earlier()

    here, there = socket.socketpair()
    caller, served = Caller('network driver "earlier"', Heard().ears), Served()
    await served.channel.open(there)
    await caller.channel.open(here)
    async with anyio.create_task_group() as tasks:

        async def serve() -> None:
            await served.serve(await served.asked(), opened())

        tasks.start_soon(serve)
        assert isinstance(await caller.open(structs.replace(REQUEST, kind="network")), Ready)
        secluded = methods_of([ExternalNetworks])["is_secluded"]
        assert await caller.call(secluded, [{}], {}) is True
        assert await caller.call(secluded, [{"mode": "bridge"}], {}) is False
        caller.close()


async def test_the_daemon_that_goes_without_a_word_ends_it(driver: OddVolumes) -> None:
    here, there = socket.socketpair()
    served = Served()
    await served.channel.open(there)
    here.close()
    with pytest.raises(EOFError):
        await served.asked()


async def test_a_cancellation_that_comes_with_its_call_is_heard(driver: OddVolumes) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[object]:
        yield driver

    here, there = socket.socketpair()
    served = Served()
    await served.channel.open(there)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(served.serve, REQUEST, opened())
        splitter = Splitter()
        assert [from_plugin(body) for body in splitter.feed(await anyio.to_thread.run_sync(here.recv, 4096))] == [
            Ready(("VolumeDriver",))
        ]
        here.sendall(encode(Call(1, "create", ["sleep:600", {}])) + encode(Cancel(1)))
        with anyio.fail_after(20):
            assert [from_plugin(body) for body in splitter.feed(await anyio.to_thread.run_sync(here.recv, 4096))] == [Cancelled(1)]
        here.close()


async def test_what_cannot_be_sent_is_answered_with_an_error(connected: Connected, driver: OddVolumes) -> None:
    class Large(OddVolumes):
        async def size(self, name: str) -> int:
            if name == "raises":
                raise StartFailed("no", 2**64)
            return 2**64

    async with connected(Large(driver.context)) as caller:
        for name in ("returns", "raises"):
            with anyio.fail_after(20), pytest.raises(PluginFailure, match="what the driver returned: "):
                await caller.call(METHODS["size"], [name], {})


async def test_records_for_a_daemon_that_does_not_read_are_dropped_and_counted() -> None:
    here, there = socket.socketpair()
    raised: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: raised.append(context))
    served = Served()
    await served.channel.open(there)
    while not served.channel.is_full:
        served.channel.send(Returned(1, bytes(8 << 20)))
    for _ in range(3):
        served.tell(Logged(20, "unheard"))
    await asyncio.sleep(0)
    room = asyncio.ensure_future(served.channel.room())
    splitter, frames = Splitter(), []
    with here, anyio.fail_after(60):
        while not room.done():
            splitter.feed(await anyio.to_thread.run_sync(here.recv, 1 << 20))
        served.tell(Happened("volume", "mount", "\udcff", 1, {}, "local"))
        served.tell(Logged(20, "heard"))
        while not frames or frames[-1] != Logged(20, "heard"):
            frames += [from_plugin(body) for body in splitter.feed(await anyio.to_thread.run_sync(here.recv, 1 << 20))]
    told = [each.message for each in frames if isinstance(each, Logged)]
    assert told[-1] == "heard"
    assert [f"{number} records and events could not be told to the daemon" in told for number in (1, 3)] == [True, True]
    assert raised == []
    served.channel.abort()


@pytest.mark.parametrize("how", ["is closed", "is gone"])
async def test_opening_is_cancelled_when_the_daemon_is_done(how: str) -> None:
    undone = []

    @asynccontextmanager
    async def opened() -> AsyncIterator[object]:
        try:
            await anyio.sleep(600)
            yield None
        finally:
            undone.append(how)

    here, there = socket.socketpair()
    served = Served()
    await served.channel.open(there)
    with here, anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(served.serve, REQUEST, opened())
            await anyio.wait_all_tasks_blocked()
            if how == "is closed":
                here.sendall(encode(Close()))
            else:
                here.shutdown(socket.SHUT_RDWR)
    assert undone == [how]


async def test_a_call_that_is_cancelled_at_the_end_tidies_up_before_the_driver_is_closed(
    driver: OddVolumes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdk.isolation.serving._CLOSING_SECONDS", 0.05)
    monkeypatch.setattr("sdk.isolation.serving._TIDYING_SECONDS", 30.0)
    done = []

    class Tidying(OddVolumes):
        async def _do(self, name: str) -> None:
            try:
                await anyio.sleep(600)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.1)
                    done.append("tidied up")

    @asynccontextmanager
    async def opened() -> AsyncIterator[object]:
        yield Tidying(driver.context)
        done.append("closed")

    here, there = socket.socketpair()
    served = Served()
    await served.channel.open(there)
    with here, anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(served.serve, REQUEST, opened())
            await anyio.to_thread.run_sync(here.recv, 4096)
            here.sendall(encode(Call(1, "create", ["v", {}])) + encode(Close()))
    assert done == ["tidied up", "closed"]
