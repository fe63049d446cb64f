"""A running container is on a network, or off it, as soon as its driver has done that: the record says so, whatever fails afterwards."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.engine.context import EngineContext, EngineSettings
from core.engine.networks.service import NetworkService
from core.networks.catalog import NetworkCatalog
from core.networks.record import NetworkRecord
from sdk.drivers.network import PortLink
from sdk.engine.config import EndpointConfig, HostConfig, Link
from sdk.engine.containers import ContainerState
from sdk.engine.modes import network_named
from sdk.engine.networks import NetworkCreate
from sdk.errors import DriverError, NoSuchNetwork, PermissionDenied
from tests.unit.core import records

pytestmark = pytest.mark.anyio

PLACE = EndpointConfig()
BOX = records.record(
    host_config=HostConfig(network_mode=network_named("bridge"), links=(Link("db", "db"),)),
    state=ContainerState.RUNNING,
    networks={"bridge": PLACE, "there": PLACE},
)


class Rooms:
    """One container and three networks; `fails` is what its driver does when it is to open the ports of links."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.live = LiveContainer(BOX)
        self.fails = False

    def service(self) -> NetworkService:
        names = ("bridge", "there", "other")
        networks = {name: NetworkRecord(id=f"{name}-id", created_ns=0, config=NetworkCreate(name)) for name in names}

        def find(ref: str) -> NetworkRecord:
            if ref not in networks:
                raise NoSuchNetwork(ref)
            return networks[ref]

        async def joined(*_: object) -> None: ...

        attachments = SimpleNamespace(
            join=joined,
            leave=joined,
            describe=lambda _id: ({}, ()),
            host_gateways=tuple,
            links=SimpleNamespace(update=self._update),
        )
        context = SimpleNamespace(
            attachments=attachments,
            containers=SimpleNamespace(find=lambda _ref: self.live, hold=lambda live: live.lock, save=LiveContainer.take),
            directory=lambda _id: self.directory,
            settings=EngineSettings(Path("/data"), Path("/run"), "instance"),
        )
        return NetworkService(cast(NetworkCatalog, SimpleNamespace(find=find)), cast(EngineContext, context))

    async def _update(self, _now: Callable[[], frozenset[PortLink]]) -> None:
        if self.fails:
            raise DriverError("bridge", "link", "boom")


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path)


async def test_a_driver_that_cannot_open_the_ports_of_links(rooms: Rooms) -> None:
    rooms.fails = True
    with pytest.raises(DriverError, match="boom"):
        await rooms.service().connect("other", "n", PLACE)
    assert rooms.live.record.networks == {"bridge": PLACE, "there": PLACE, "other": PLACE}
    with pytest.raises(DriverError, match="boom"):
        await rooms.service().disconnect("there", "n")
    assert rooms.live.record.networks == {"bridge": PLACE, "other": PLACE}


async def test_host_files_that_cannot_be_written(rooms: Rooms) -> None:
    rooms.directory /= "gone"
    with pytest.raises(FileNotFoundError):
        await rooms.service().connect("other", "n", PLACE)
    assert rooms.live.record.networks == {"bridge": PLACE, "there": PLACE, "other": PLACE}


async def test_one_that_does_not_run_has_no_files_to_follow(rooms: Rooms) -> None:
    rooms.directory /= "gone"
    rooms.live.take(replace(BOX, state=ContainerState.EXITED))
    await rooms.service().disconnect("there", "n")
    assert rooms.live.record.networks == {"bridge": PLACE}
    with pytest.raises(PermissionDenied, match="container c is not connected to the network other"):
        await rooms.service().disconnect("other", "n")
