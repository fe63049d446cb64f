"""A driver that is elsewhere, as an object of exactly the interfaces that it has there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

from sdk.isolation.methods import Method, methods_of


class Calls(Protocol):
    """What calls a method there."""

    async def call(self, method: Method, args: Sequence[object], kwargs: Mapping[str, object]) -> object: ...


class Proxy:
    """The base of every such object."""

    __slots__ = ("calls",)

    def __init__(self, calls: Calls) -> None:
        self.calls = calls


def proxy(calls: Calls, interfaces: tuple[type[object], ...]) -> object:
    """Return an object of these interfaces. Raises Unspeakable where one has a method that cannot be called from elsewhere."""
    return _class_of(interfaces)(calls)


@cache
def _class_of(interfaces: tuple[type[object], ...]) -> type[Proxy]:
    members: dict[str, object] = {name: _asking(method) for name, method in methods_of(interfaces).items()}
    return type(f"Isolated{interfaces[0].__name__}", (Proxy, *reversed(interfaces)), {"__slots__": (), **members})


def _asking(method: Method) -> Callable[..., Awaitable[object]]:
    async def ask(self: Proxy, *args: object, **kwargs: object) -> object:
        return await self.calls.call(method, args, kwargs)

    return ask
