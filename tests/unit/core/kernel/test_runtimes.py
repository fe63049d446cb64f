"""Runtimes that the configuration names."""

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import JsonValue

from core.config import Settings, StartupError
from core.defaults import ContainerDefaults, NamedRuntime
from core.kernel.hooks import Offer
from core.kernel.runtimes import NamedRuntimes
from sdk.drivers.runtime import Runtime

pytestmark = pytest.mark.anyio


class World:
    def __init__(self, *, offered: bool = True) -> None:
        self.runtimes: dict[str, object] = {"ns": "built in"}
        self.opened: list[tuple[str, Mapping[str, JsonValue]]] = []
        self.broken: set[str] = set()
        offers = {"oci": SimpleNamespace()} if offered else {}
        self.named = NamedRuntimes(cast(dict[str, Runtime], self.runtimes), cast("Mapping[str, Offer[Runtime]]", offers), self.open)

    async def open(self, _offer: object, name: str, settings: Mapping[str, JsonValue]) -> Runtime:
        self.opened.append((name, settings))
        if name in self.broken:
            raise StartupError(f"{settings['binary']} is not there")
        return cast(Runtime, f"{name} {settings['binary']}")

    async def take(self, default: str = "", **named: NamedRuntime) -> None:
        await self.named.take(cast(Settings, SimpleNamespace(runtimes=named, containers=ContainerDefaults(runtime=default))))


def at(path: str, *arguments: str) -> NamedRuntime:
    return NamedRuntime(path=path, arguments=arguments)


async def test_each_is_opened_under_its_name_and_forgotten_when_it_is_named_no_more() -> None:
    world = World()
    await world.take(crun=at("/usr/bin/crun", "--debug"), other=at("/other"))
    assert world.opened == [
        ("crun", {"binary": "/usr/bin/crun", "arguments": ["--debug"]}),
        ("other", {"binary": "/other", "arguments": []}),
    ]
    assert world.runtimes == {"ns": "built in", "crun": "crun /usr/bin/crun", "other": "other /other"}
    await world.take(other=at("/other"))
    assert world.runtimes == {"ns": "built in", "other": "other /other"}
    assert len(world.opened) == 2, "what has not changed stays open"
    await world.take(other=at("/new"))
    assert world.runtimes["other"] == "other /new"


async def test_one_that_does_not_work_is_logged_and_tried_again_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.broken.add("crun")
    with caplog.at_level(logging.WARNING):
        await world.take(crun=at("/missing"), other=at("/other"))
    assert world.runtimes == {"ns": "built in", "other": "other /other"}
    assert [record.getMessage() for record in caplog.records] == ['runtime "crun" cannot be used: /missing is not there']
    world.broken.clear()
    await world.take(crun=at("/there"), other=at("/other"))
    assert world.runtimes["crun"] == "crun /there"


async def test_without_the_driver_nothing_can_be_opened(caplog: pytest.LogCaptureFixture) -> None:
    world = World(offered=False)
    with caplog.at_level(logging.WARNING):
        await world.take(crun=at("/crun"))
    assert world.runtimes == {"ns": "built in"}
    assert caplog.messages == ['runtime "crun" needs the runtime driver "oci", which is not available']


@pytest.mark.parametrize(
    ("default", "named", "message"),
    [
        ("", {"ns": at("/x")}, "runtime name 'ns' is reserved"),
        ("missing", {"crun": at("/x")}, "specified default runtime 'missing' does not exist"),
    ],
)
async def test_what_cannot_be_changes_nothing(default: str, named: dict[str, NamedRuntime], message: str) -> None:
    world = World()
    await world.take(old=at("/old"))
    with pytest.raises(StartupError) as refused:
        await world.take(default, **named)
    assert str(refused.value) == message
    assert world.runtimes == {"ns": "built in", "old": "old /old"}


@pytest.mark.parametrize("default", ["", "ns", "crun"])
async def test_the_default_may_be_any_that_there_is(default: str) -> None:
    await World().take(default, crun=at("/x"))
