"""Links of the default network, told to a driver on paper."""

from collections.abc import Collection
from ipaddress import IPv4Address

import anyio
import pytest

from sdk.drivers.network import NetworkSpec, PortLink, PortLinker
from sdk.errors import DriverError
from sdk.testing.network_driver import PaperNetworkDriver

pytestmark = pytest.mark.anyio

LINK = PortLink(IPv4Address("172.17.0.3"), IPv4Address("172.17.0.2"), 80)


class LinkingPaper(PaperNetworkDriver, PortLinker):
    """Takes its time over each change."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[frozenset[PortLink]] = []
        self.fails = False

    async def link(self, network: NetworkSpec, links: Collection[PortLink]) -> None:
        assert network.name == "bridge"
        await anyio.sleep(0.01)
        if self.fails:
            raise RuntimeError("the pen is dry")
        self.links.append(frozenset(links))


@pytest.fixture
def driver() -> LinkingPaper:
    return LinkingPaper()


async def test_what_is_told_last_is_true(room, driver):
    """Each change is asked for at its turn: none that waited for another one undoes it."""
    now: set[PortLink] = set()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(room.attachments.links.update, lambda: frozenset(now))
        await anyio.lowlevel.checkpoint()
        tasks.start_soon(room.attachments.links.update, lambda: frozenset(now))
        now.add(LINK)
    assert driver.links[-1] == {LINK}
    assert len(driver.links) == 2


async def test_a_driver_that_fails_is_named(room, driver):
    driver.fails = True
    with pytest.raises(DriverError, match="bridge: link: the pen is dry"):
        await room.attachments.links.update(frozenset)
    driver.fails = False
    await room.attachments.links.update(lambda: frozenset({LINK}))
    assert driver.links == [{LINK}]


class TestWithoutTheAbility:
    @pytest.fixture
    def driver(self) -> PaperNetworkDriver:
        return PaperNetworkDriver()

    async def test_nothing_is_asked(self, room):
        await room.attachments.links.update(lambda: pytest.fail("asked for links"))
