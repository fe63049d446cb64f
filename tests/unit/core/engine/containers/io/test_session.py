"""An attached client that takes nothing does not hold up a container for ever."""

import logging

import anyio
import pytest

from core.engine.containers.io.session import relay
from core.streams.hub import OutputHub
from sdk.drivers.logs import StdStream

pytestmark = pytest.mark.anyio

MUCH = b"x" * (2 << 20)


class Deaf:
    """A client that stays connected and reads nothing."""

    async def receive(self) -> bytes:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(self, stream: StdStream, data: bytes) -> None:
        await anyio.sleep_forever()


async def test_it_is_left_and_the_process_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    hub, resumed = OutputHub(), anyio.Event()
    output = hub.subscribe(StdStream.STDOUT)
    for _ in range(2):
        hub.publish(StdStream.STDOUT, MUCH)
    hub.once_relieved(resumed.set)
    with anyio.fail_after(20), caplog.at_level(logging.WARNING):
        assert await relay(Deaf(), output, None, patience=0.05) is False
    assert resumed.is_set()
    assert hub.publish(StdStream.STDOUT, MUCH) is False
    assert "held up a container and was dropped" in caplog.text


async def test_a_client_of_whom_no_patience_is_asked_is_waited_for() -> None:
    hub = OutputHub()
    output = hub.subscribe(StdStream.STDOUT)
    for _ in range(2):
        hub.publish(StdStream.STDOUT, MUCH)
    with anyio.move_on_after(0.3) as waiting:
        await relay(Deaf(), output, None)
    assert waiting.cancelled_caught
