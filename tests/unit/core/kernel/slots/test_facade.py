"""The engine sees a driver's interfaces, all of them and nothing else; every call goes through the slot."""

import gc
import importlib
import inspect
import pkgutil
import weakref
from abc import ABC
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

import sdk.drivers
from core.kernel.slots.facade import Facade, _view
from sdk.drivers.deadlines import deadline_of
from sdk.drivers.network import ExternalNetworks, GatewaySwitch, NetworkDriver, SandboxMaker
from sdk.drivers.runtime import ExitStatus, RunningProcess, Task
from sdk.drivers.storage import ActiveCommitter, StorageDriver
from sdk.drivers.volume import DriverVolume, VolumeDriver, VolumeDriverSource
from sdk.errors import DriverError, NoSuchVolume
from sdk.providers import Kind
from sdk.tracing import Recording, Step
from tests.slots import in_slot

pytestmark = pytest.mark.anyio

MODULES = [importlib.import_module(f"sdk.drivers.{module.name}") for module in pkgutil.iter_modules(sdk.drivers.__path__)]
INTERFACES = [
    each
    for module in MODULES
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, ABC) and each.__module__ == module.__name__
]
UNBOUNDED = {"sdk.drivers.registry", "sdk.drivers.authorizer"}
"""Their drivers are not in slots: a registry's streams have time limits of their own, an authorizer keeps to its settings."""


class Volumes(VolumeDriver):
    """Fails in the ways that are asked for."""

    def __init__(self, returned: object = None, raised: BaseException | None = None) -> None:
        self.returned, self.raised = returned, raised
        self.asked: list[tuple[object, ...]] = []

    async def _answer(self, *asked: object) -> object:
        self.asked.append(asked)
        if self.raised:
            raise self.raised
        return self.returned

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        return cast(DriverVolume, await self._answer("create", name, options))

    async def remove(self, name: str) -> None:
        await self._answer("remove", name)

    async def get(self, name: str) -> DriverVolume:
        return cast(DriverVolume, await self._answer("get", name))

    async def list(self) -> Sequence[DriverVolume]:
        return cast(Sequence[DriverVolume], await self._answer("list"))

    async def mount(self, name: str, user: str) -> Path:
        return cast(Path, await self._answer("mount", name, user))

    async def unmount(self, name: str, user: str) -> None:
        await self._answer("unmount", name, user)


class Finder(Volumes, VolumeDriverSource):
    """Has one more volume driver."""

    def find(self, name: str) -> VolumeDriver | None:
        return Volumes(returned="not a path") if name == "other" else None

    def names(self) -> tuple[str, ...]:
        return cast(tuple[str, ...], self.returned)


def volumes(**behaviour: object) -> tuple[VolumeDriver, Volumes]:
    driver = Volumes(**behaviour)
    return in_slot(Kind.VOLUME, "nfs", driver), driver


async def test_arguments_and_results_go_through() -> None:
    seen, driver = volumes(returned=Path("/v"))
    assert await seen.mount("a", user="c") == Path("/v")
    assert driver.asked == [("mount", "a", "c")]
    assert await seen.size("a") == -1, "an optional method has the interface's own body"


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (None, "nfs: get: the driver returned None, not DriverVolume"),
        ("x", "nfs: get: the driver returned a str, not DriverVolume"),
    ],
)
async def test_a_wrong_result_goes_no_further(returned: object, text: str) -> None:
    seen, _ = volumes(returned=returned)
    with pytest.raises(DriverError) as caught:
        await seen.get("a")
    assert str(caught.value) == text


async def test_an_error_of_the_engine_stays_what_it_is() -> None:
    seen, _ = volumes(raised=NoSuchVolume("a"))
    with pytest.raises(NoSuchVolume):
        await seen.get("a")


async def test_a_method_that_is_not_asynchronous_is_guarded_too() -> None:
    finder = in_slot(Kind.VOLUME, "many", Finder(returned=[1]))
    assert isinstance(finder, VolumeDriverSource)
    with pytest.raises(DriverError, match=r"many: names: the driver returned a list, not tuple\[str, \.\.\.\]"):
        finder.names()
    assert finder.find("none") is None


async def test_a_driver_that_a_driver_returns_is_called_through_the_slot() -> None:
    found = cast(VolumeDriverSource, in_slot(Kind.VOLUME, "many", Finder())).find("other")
    assert isinstance(found, VolumeDriver)
    with pytest.raises(DriverError, match="many: mount: the driver returned a str, not Path"):
        await found.mount("a", "c")


def test_a_view_has_the_abilities_of_its_driver_and_no_others() -> None:
    class Bridge(NetworkDriver, SandboxMaker):
        """Can make sandboxes, and cannot switch gateways."""

    class Overlay(StorageDriver, ActiveCommitter):
        """Can commit."""

    Bridge.__abstractmethods__ = Overlay.__abstractmethods__ = frozenset()
    network, storage = in_slot(Kind.NETWORK, "bridge", Bridge()), in_slot(Kind.STORAGE, "overlay", Overlay())
    assert isinstance(network, NetworkDriver)
    assert isinstance(network, SandboxMaker)
    assert not isinstance(network, GatewaySwitch)
    assert isinstance(storage, ActiveCommitter)
    assert not hasattr(storage, "find")


async def test_a_process_is_followed_and_its_properties_are_read() -> None:
    class Ended(Task):
        """Has ended."""

        pid = 42

        async def wait(self) -> ExitStatus:
            return ExitStatus(3, at_ns=0)

    Ended.__abstractmethods__ = frozenset()
    task = in_slot(Kind.RUNTIME, "ns", Ended())
    assert isinstance(task, RunningProcess)
    assert task.pid == 42
    assert (await task.wait()).code == 3


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.__name__)
def test_every_interface_can_be_seen_through_a_slot(interface: type[ABC]) -> None:
    view = _view(interface)
    assert not inspect.isabstract(view)
    assert issubclass(view, Facade)
    names = {name for base in interface.__mro__ if base.__module__.startswith("sdk.") for name in vars(base) if name[0] != "_"}
    assert names <= vars(view).keys()


def test_every_method_that_waits_has_a_deadline_but_for_a_few() -> None:
    unbounded = {
        f"{interface.__name__}.{name}"
        for interface in INTERFACES
        if interface.__module__ not in UNBOUNDED
        for name, member in vars(interface).items()
        if inspect.iscoroutinefunction(member) and deadline_of(member) is None
    }
    assert unbounded == {"RunningProcess.wait"}


@pytest.mark.parametrize("secluded", [True, False])
async def test_a_network_driver_of_api_1_0_answers_without_waiting(secluded: bool) -> None:
    class Earlier(NetworkDriver, ExternalNetworks):
        """Has the method as API 1.0 has it, not asynchronous."""

        def is_secluded(self, options: Mapping[str, str]) -> bool:
            return secluded

    Earlier.__abstractmethods__ = frozenset()
    seen = in_slot(Kind.NETWORK, "earlier", Earlier())
    assert isinstance(seen, ExternalNetworks)
    assert await seen.is_secluded({}) is secluded


async def test_no_other_method_may_answer_without_waiting() -> None:
    class Hasty(Volumes):
        """Has a method that is not asynchronous, and never was."""

        def size(self, name: str) -> int:
            return 1

    with pytest.raises(DriverError, match="hasty: size: object int can't be used in 'await' expression"):
        await in_slot(Kind.VOLUME, "hasty", Hasty()).size("a")


def test_one_class_serves_all_drivers_of_the_same_abilities() -> None:
    assert type(volumes()[0]) is type(volumes()[0])


def test_a_class_that_a_driver_makes_for_one_object_is_forgotten_with_it() -> None:
    def seen_once() -> tuple[weakref.ref[type], type]:
        made = type("Made", (Volumes,), {})
        return weakref.ref(made), type(in_slot(Kind.VOLUME, "making", made()))

    (first, view), (second, same) = seen_once(), seen_once()
    gc.collect()
    assert (first(), second()) == (None, None)
    assert view is same


async def test_calls_are_steps_of_a_trace_with_a_deadline_and_without() -> None:
    seen, _ = volumes(raised=NoSuchVolume("a"))
    recording = Recording(1, 10)
    with Step(recording, 0, "request", {}):
        assert await seen.size("a") == -1
        with pytest.raises(NoSuchVolume):
            await seen.get("a")
    size, get, request = recording.spans
    assert [(span.name, span.error, span.parent) for span in (size, get)] == [
        ("volume.size", "", request.id),
        ("volume.get", f"NoSuchVolume: {NoSuchVolume('a')}", request.id),
    ]
    assert size.attributes == {"core.driver.name": "nfs", "core.plugin.name": "tests"}
