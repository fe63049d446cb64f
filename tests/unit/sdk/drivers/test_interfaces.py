"""An interface is told by where it stands, and has what it adds itself."""

from sdk.drivers.interfaces import is_interface, members_of
from sdk.drivers.network import NetworkDriver, PortPublisher


class Extended(NetworkDriver):
    limit = 3

    @property
    def hosts(self) -> str:
        return ""

    def further(self) -> None: ...

    def _own(self) -> None: ...


def test_the_interfaces_of_a_driver_are_the_sdks() -> None:
    assert [each for each in Extended.__mro__ if is_interface(each)] == [NetworkDriver]
    assert is_interface(PortPublisher)


def test_members_are_public_methods_and_properties_without_those_of_bases() -> None:
    assert list(members_of(Extended)) == ["hosts", "further"]
