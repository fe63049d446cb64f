"""The room with a driver on paper."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest

from core.background import Background
from core.drivers import Drivers
from core.events.bus import EventBus
from core.networks import catalog as catalog_module
from core.networks.attachments import Attachments
from core.networks.catalog import NetworkCatalog
from core.networks.dns.listening import Listening
from core.networks.dns.service import NameService
from core.store.database import Database
from sdk.builder import Builder
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import StorageDriver
from sdk.events import Event
from sdk.providers import Kind
from sdk.testing.network_driver import PaperNetworkDriver
from tests.slots import in_slot

NOTHING = MappingProxyType({})


@dataclass
class Room:
    database: Database
    catalog: NetworkCatalog
    attachments: Attachments
    events: list[Event]

    def actions(self) -> list[tuple[str, str]]:
        return [(event.action, event.attributes["name"]) for event in self.events]


@pytest.fixture(autouse=True)
def no_host_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_module, "host_routes", list)


def no_sockets(path: str) -> Listening:
    raise OSError(path)


@pytest.fixture
def driver() -> PaperNetworkDriver:
    return PaperNetworkDriver()


@pytest.fixture
def boot(tmp_path: Path, driver: PaperNetworkDriver) -> Iterator[Callable[[], Room]]:
    """Open the room on the same database, as each boot of the daemon does."""
    opened: list[Database] = []

    def open_room() -> Room:
        while opened:
            opened.pop().close()
        database = Database(tmp_path / "core.db")
        opened.append(database)
        absent = cast(StorageDriver, None), cast(RegistryBackend, None), cast(Builder, None)
        drivers = Drivers(
            "",
            absent[0],
            "",
            absent[1],
            "",
            NOTHING,
            "bridge",
            {"bridge": in_slot(Kind.NETWORK, "bridge", driver)},
            "",
            NOTHING,
            "",
            NOTHING,
            "",
            absent[2],
            NOTHING,
        )
        events: list[Event] = []
        catalog = NetworkCatalog(database, drivers)
        names = NameService(catalog, cast(Background, None), no_sockets)
        return Room(database, catalog, Attachments(database, catalog, drivers, EventBus(events.append), names), events)

    yield open_room
    while opened:
        opened.pop().close()


@pytest.fixture
def room(boot: Callable[[], Room]) -> Room:
    return boot()
