"""Boot decides for each container from its record and what was found of it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.drivers import Reopened
from core.engine.containers.boot import reconcile as boot_verb
from core.engine.containers.boot.reconcile import Found, Step, reconcile
from core.engine.containers.exit_status import LOST
from core.engine.containers.wait import register
from core.engine.context import EngineContext
from sdk.drivers.logs import StdStream
from sdk.drivers.network import NetworkDriver
from sdk.engine.config import HostConfig, RestartKind, RestartPolicy
from sdk.engine.containers import ContainerState as State
from sdk.engine.containers import WaitCondition, WaitResult
from tests.unit.core import records

RECORD = records.record()
ALWAYS = HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS))


@pytest.mark.parametrize("state", [State.CREATED, State.RUNNING, State.PAUSED, State.EXITED, State.RESTARTING])
def test_whatever_runs_is_followed(state):
    assert reconcile(Found(replace(RECORD, state=state), has_task=True)) is Step.FOLLOW


@pytest.mark.parametrize(
    ("record", "step"),
    [
        (replace(RECORD, state=State.RUNNING), Step.SETTLE),
        (replace(RECORD, state=State.PAUSED), Step.SETTLE),
        (replace(RECORD, state=State.RESTARTING), Step.START),
        (replace(RECORD, state=State.EXITED, host_config=ALWAYS), Step.START),
        (replace(RECORD, state=State.CREATED, host_config=ALWAYS), Step.REST),
        (replace(RECORD, state=State.EXITED, host_config=HostConfig(auto_remove=True)), Step.REMOVE),
        (replace(RECORD, state=State.EXITED), Step.REST),
        (RECORD, Step.REST),
    ],
)
def test_what_does_not_run(record, step):
    assert reconcile(Found(record, has_task=False)) is step


class Store:
    """All that is asked of the container store here."""

    def keep(self, live: LiveContainer, record: ContainerRecord) -> None:
        live.take(record)


async def left(container_id: str) -> None:
    """Leave the networks of a container that has none."""


@pytest.mark.anyio
async def test_clients_of_what_turns_out_to_be_lost_are_told():
    """One that could not be adopted at boot is taken for running until it is tried again."""
    live = LiveContainer(replace(RECORD, state=State.RUNNING))
    wait, attached = register(live, WaitCondition.NOT_RUNNING), live.hub.subscribe(StdStream.STDOUT)
    context = cast(EngineContext, SimpleNamespace(containers=Store(), attachments=SimpleNamespace(disconnect=left), volumes=None))
    await boot_verb._take_up(context, live, None)
    assert live.record.state is State.EXITED
    with anyio.fail_after(30):
        assert await wait.result() == WaitResult(LOST)
        assert [chunk async for chunk in attached] == []


class Opened:
    """Network drivers one of which, "n", is opened again while `during` is under way."""

    def __init__(self, during: str) -> None:
        self.during = during
        self.reopened: list[Reopened] = []
        self.in_line: list[str] = []
        self.started: list[str] = []

    async def _comes_to(self, step: str) -> None:
        if step == self.during:
            for each in self.reopened:
                await each("n", cast(NetworkDriver, None))

    async def restore(self, _alive: object) -> None:
        await self._comes_to("restore")

    async def update(self, _now: object) -> None:
        await self._comes_to("links")

    async def bring_in_line(self, name: str, _driver: NetworkDriver) -> None:
        self.in_line.append(name)

    def start(self, what: str, _work: Callable[..., object], *_args: object) -> None:
        self.started.append(what)


@pytest.mark.anyio
@pytest.mark.parametrize("during", ["restore", "links"])
async def test_a_network_driver_that_is_opened_again_during_boot_is_brought_in_line(during: str):
    opened = Opened(during)
    attachments = SimpleNamespace(restore=opened.restore, bring_in_line=opened.bring_in_line, links=opened)
    drivers = SimpleNamespace(when_reopened=opened.reopened.append)
    context = cast(EngineContext, SimpleNamespace(attachments=attachments, drivers=drivers, background=opened))
    await boot_verb._take_networks_over(context, {})
    assert opened.in_line == ["n"]
    assert opened.started == ["opening the ports of links"]
