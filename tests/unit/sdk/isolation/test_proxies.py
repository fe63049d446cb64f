"""A driver that is elsewhere has exactly its interfaces here."""

from collections.abc import Mapping, Sequence

import pytest

from sdk.drivers.network import GatewaySwitch, NetworkDriver, PortLinker
from sdk.drivers.storage import ActiveCommitter, StorageDriver
from sdk.drivers.volume import VolumeDriver, VolumeDriverSource
from sdk.isolation.methods import Method
from sdk.isolation.proxies import proxy
from sdk.isolation.shapes import Unspeakable


class Recorded:
    def __init__(self) -> None:
        self.calls: list[tuple[str, Sequence[object], Mapping[str, object]]] = []

    async def call(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self.calls.append((method.name, args, kwargs))
        return "returned"


def test_it_is_an_instance_of_each_interface_and_of_no_other() -> None:
    made = proxy(Recorded(), (NetworkDriver, PortLinker))
    assert isinstance(made, NetworkDriver)
    assert isinstance(made, PortLinker)
    assert not isinstance(made, GatewaySwitch)


@pytest.mark.anyio
async def test_each_method_is_called_there_also_those_with_a_default_body() -> None:
    recorded = Recorded()
    made = proxy(recorded, (StorageDriver, ActiveCommitter))
    assert isinstance(made, StorageDriver)
    assert isinstance(made, ActiveCommitter)
    assert await made.status() == "returned"  # type: ignore[comparison-overlap]
    await made.prepare("k", parent=None)
    await made.commit_active("n", "k")  # type: ignore[arg-type]
    assert recorded.calls == [("status", (), {}), ("prepare", ("k",), {"parent": None}), ("commit_active", ("n", "k"), {})]


def test_a_driver_with_a_method_that_cannot_be_called_from_elsewhere_has_none() -> None:
    with pytest.raises(Unspeakable):
        proxy(Recorded(), (VolumeDriver, VolumeDriverSource))
