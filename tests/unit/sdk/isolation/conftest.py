"""Both sides of a connection on one event loop, with a driver on the other side."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import pytest

from sdk.isolation.calling import Caller, Ears
from sdk.isolation.frames import WIRE, Happened, Logged, Open, Ready
from sdk.isolation.serving import Served
from sdk.testing.context import plugin_context
from tests.odd_volumes import OddVolumes

REQUEST = Open(WIRE, "volume", "odd", "tests.odd_volumes", "provide_volume_driver", "{}", "/d", "/e", "i", 20, (), ())

Connected = Callable[[object], AbstractAsyncContextManager[Caller]]


class Heard(list[Logged | Happened]):
    """What a process says unasked."""

    @property
    def ears(self) -> Ears:
        return Ears(self.append, self.append)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def driver(tmp_path: Path) -> OddVolumes:
    return OddVolumes(plugin_context("odd", tmp_path))


@pytest.fixture
def connected(heard: Heard) -> Connected:
    """A function: what the driver gives is opened there, and the caller here is given."""

    @asynccontextmanager
    async def opened(driver: object) -> AsyncIterator[object]:
        yield driver

    @asynccontextmanager
    async def connect(driver: object) -> AsyncIterator[Caller]:
        here, there = socket.socketpair()
        caller, served = Caller('volume driver "odd"', heard.ears), Served()
        await served.channel.open(there)
        await caller.channel.open(here)
        async with anyio.create_task_group() as tasks:

            async def serve() -> None:
                await served.serve(await served.asked(), opened(driver))

            tasks.start_soon(serve)
            assert await caller.open(REQUEST) == Ready(("VolumeDriver",))
            yield caller
            caller.close()
        await caller.gone.wait()

    return connect


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
