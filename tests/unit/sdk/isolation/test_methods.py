"""What of an interface can be said to another process, and what a call is on the way."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sdk.drivers.network import ExternalNetworks, GatewaySwitch, NetworkDriver, PortLinker, PortPublisher
from sdk.drivers.storage import ActiveCommitter, StorageDriver
from sdk.drivers.volume import VolumeDriver, VolumeDriverSource
from sdk.isolation.methods import methods_of
from sdk.isolation.shapes import Misfit, Unspeakable


class Callback:
    async def build(self, report: Callable[[str], None]) -> None: ...


class Stream:
    async def read(self) -> AsyncIterator[bytes]: ...


class Property:
    @property
    def hosts(self) -> frozenset[str]: ...


@pytest.mark.parametrize(
    "interfaces",
    [
        (StorageDriver, ActiveCommitter),
        (NetworkDriver, GatewaySwitch, PortPublisher, PortLinker, ExternalNetworks),
        (VolumeDriver,),
    ],
)
def test_every_method_of_these_can_be_called_from_elsewhere(interfaces: tuple[type, ...]) -> None:
    """A new method that cannot would break isolation unnoticed."""
    methods = methods_of(interfaces)
    assert methods.keys() == {name for each in interfaces for name in vars(each) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("interface", "why"),
    [
        (VolumeDriverSource, "its method find is not asynchronous"),
        (Property, "its method hosts is not asynchronous"),
        (Callback, r"of its method build a value of type Callable\[\[str\], None\] cannot be sent"),
        (Stream, r"of its method read a value of type AsyncIterator\[bytes\] cannot be sent"),
    ],
)
def test_what_cannot_be_called_from_elsewhere_is_named(interface: type, why: str) -> None:
    with pytest.raises(Unspeakable, match=why):
        methods_of([interface])


def test_arguments_are_sent_in_the_order_of_the_parameters_and_defaults_are_filled_in() -> None:
    read_file = methods_of([StorageDriver])["read_file"]
    assert read_file.pack_arguments(("k",), {"path": "/etc/passwd"}) == ["k", "/etc/passwd", 1 << 20]
    assert read_file.unpack_arguments(["k", "/x", 5]) == (["k", "/x"], {"limit": 5})


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), (("k",), {}), (("k", "/x", 5, 6), {}), (("k", "/x"), {"other": 1}), (("k", 7), {}), (("k", "/x"), {"limit": "5"})],
)
def test_arguments_that_do_not_fit_are_not_sent(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        methods_of([StorageDriver])["read_file"].pack_arguments(args, kwargs)


def test_a_result_that_is_not_what_the_interface_says_is_named_as_in_the_daemon() -> None:
    mount = methods_of([VolumeDriver])["mount"]
    assert mount.pack_result(Path("/x")) == "/x"
    with pytest.raises(Misfit, match="the driver returned None, not Path"):
        mount.pack_result(None)
    with pytest.raises(Misfit, match="the driver returned something else than Path"):
        mount.unpack_result(None)


def test_what_is_returned_in_place_of_nothing_is_dropped() -> None:
    assert methods_of([VolumeDriver])["unmount"].pack_result("something") is None


def test_a_method_may_be_called_again_if_its_interface_says_so() -> None:
    methods = methods_of([StorageDriver])
    assert methods["mounts"].idempotent
    assert not methods["prepare"].idempotent
