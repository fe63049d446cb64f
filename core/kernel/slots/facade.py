"""The engine's view of a driver: an object of the driver's own interfaces, made from their type hints, that calls through the slot."""

import inspect
from collections.abc import Awaitable, Callable
from functools import cache, partial
from types import NoneType
from typing import TypeVar, cast, get_type_hints
from weakref import WeakKeyDictionary

from core.drivers import calling
from core.kernel.slots.results import check_of
from core.kernel.slots.slot import Slot
from core.kernel.slots.undoing import UNDO
from sdk.drivers.deadlines import deadline_of
from sdk.drivers.interfaces import is_interface, members_of
from sdk.drivers.logs import ContainerLog
from sdk.drivers.runtime import RunningProcess
from sdk.drivers.volume import VolumeDriver
from sdk.errors import DriverError
from sdk.hints import spelled
from sdk.version import asynchronous

D = TypeVar("D")

_FOLLOWED = (ContainerLog, RunningProcess, VolumeDriver)
"""What drivers return and the engine then calls: it is called through the slot, too."""


_views: "WeakKeyDictionary[type[object], type[Facade]]" = WeakKeyDictionary()
"""By class of driver, as long as there is that class: processes and logs are seen at every start, and a driver may make classes."""


class Facade:
    """The base of every view: the slot and the driver, or what a driver returned."""

    __slots__ = ("driver", "slot")

    def __init__(self, slot: Slot, driver: object) -> None:
        self.slot, self.driver = slot, driver


def slotted(slot: Slot, driver: D) -> D:
    """Return the view of a driver: it has the driver's interfaces, optional abilities included, and no other method."""
    made = type(driver)
    view = _views.get(made) or _views.setdefault(made, _view(made))
    return cast(D, view(slot, driver))


def _view(driver: type[object]) -> type[Facade]:
    return _view_of(tuple(filter(is_interface, driver.__mro__)))


@cache
def _view_of(interfaces: tuple[type[object], ...]) -> type[Facade]:
    members: dict[str, object] = {"__slots__": ()}
    for interface in reversed(interfaces):  # an extending one comes last
        members |= {name: _member(name, each) for name, each in members_of(interface).items()}
    return type("Slotted" + "".join(each.__name__ for each in interfaces), (Facade, *interfaces), members)


def _member(name: str, member: object) -> object:
    if isinstance(member, property):
        return property(_plain(name, member.fget, lambda driver: cast(object, getattr(driver, name))))
    if inspect.iscoroutinefunction(member):
        return _awaited(name, member)
    return _plain(name, member, lambda driver, *args, **kwargs: getattr(driver, name)(*args, **kwargs))


def _awaited(name: str, member: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    accept, seconds, undo = _accepting(name, member), deadline_of(member), UNDO.get(name)

    async def bounded(self: Facade, *args: object, **kwargs: object) -> object:
        back = undo and partial(undo, self.driver)
        with self.slot.step(name):
            returned = await self.slot.call(
                name, cast(float, seconds), asynchronous(name, getattr(self.driver, name)), back, *args, **kwargs
            )
        return accept(self.slot, returned)

    async def unbounded(self: Facade, *args: object, **kwargs: object) -> object:
        with self.slot.step(name), calling(self.slot.name, name):
            returned = await asynchronous(name, getattr(self.driver, name))(*args, **kwargs)
        return accept(self.slot, returned)

    return unbounded if seconds is None else bounded


def _plain(name: str, member: object, use: Callable[..., object]) -> Callable[..., object]:
    accept = _accepting(name, member)

    def call(self: Facade, *args: object, **kwargs: object) -> object:
        with calling(self.slot.name, name):
            returned = use(self.driver, *args, **kwargs)
        return accept(self.slot, returned)

    return call


def _accepting(name: str, member: object) -> Callable[[Slot, object], object]:
    """Return what is done with a result: it is checked by the type hint, and followed if the engine calls it."""
    hint = get_type_hints(member).get("return", object)
    is_right = check_of(object if hint is NoneType else hint)  # what is returned in place of nothing is dropped

    def accept(slot: Slot, returned: object) -> object:
        if not is_right(returned):
            what = "None" if returned is None else f"a {type(returned).__name__}"
            raise DriverError(slot.name, name, f"the driver returned {what}, not {spelled(hint)}")
        return slotted(slot, returned) if isinstance(returned, _FOLLOWED) else returned

    return accept
