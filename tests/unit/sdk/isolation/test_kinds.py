"""Which kinds can be isolated, and which interfaces a driver of one has."""

import pytest

from plugins.net_bridge.driver import BridgeDriver
from sdk.drivers.network import ExternalNetworks, NetworkDriver, PortLinker
from sdk.drivers.volume import VolumeDriver
from sdk.isolation.kinds import INTERFACES, REFUSED, interfaces_named, interfaces_of
from sdk.providers import Kind


def test_every_kind_can_be_isolated_or_there_is_a_reason() -> None:
    assert INTERFACES.keys() | REFUSED.keys() == set(Kind)
    assert INTERFACES.keys() & REFUSED.keys() == set()


def test_a_drivers_interfaces_are_those_of_its_kind_alone() -> None:
    interfaces = interfaces_of(object.__new__(BridgeDriver), "network")
    assert {NetworkDriver, PortLinker} < set(interfaces)
    assert {BridgeDriver, object, ExternalNetworks} & set(interfaces) == set()


def test_interfaces_are_found_by_name() -> None:
    assert interfaces_named(("VolumeDriver",), "volume") == (VolumeDriver,)


@pytest.mark.parametrize(
    "names", [(), ("VolumeDriverSource",), ("VolumeDriver", "DriverVolume"), ("VolumeDriver", "Path"), ("VolumeDriver", "x")]
)
def test_a_process_cannot_name_what_is_no_interface_of_its_kind(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="driver"):
        interfaces_named(names, "volume")
