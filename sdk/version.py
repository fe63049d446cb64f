"""The plugin API's version and the rule by which a plugin is accepted, and what an earlier minor had otherwise."""

import inspect
from collections.abc import Awaitable, Callable
from typing import cast

API_VERSION: tuple[int, int] = (1, 1)
"""Major changes break plugins; a minor adds hooks, hook arguments or driver methods with a default body."""


def is_compatible(built_for: tuple[int, int], offered: tuple[int, int] = API_VERSION) -> bool:
    """Tell whether a plugin built for one API version runs on the offered one: same major, not a newer minor."""
    return built_for[0] == offered[0] and built_for[1] <= offered[1]


_ONCE_PLAIN = frozenset({"is_secluded"})
"""Methods of drivers that API 1.0 had without `async`."""


def asynchronous(name: str, method: Callable[..., object]) -> Callable[..., Awaitable[object]]:
    """Return a driver's asynchronous method of a name so that it can be awaited, also where a driver of an earlier minor has it without `async`."""
    if name not in _ONCE_PLAIN or inspect.iscoroutinefunction(method):
        return cast(Callable[..., Awaitable[object]], method)

    async def awaited(*args: object, **kwargs: object) -> object:
        returned = method(*args, **kwargs)
        return await returned if inspect.isawaitable(returned) else returned

    return awaited
