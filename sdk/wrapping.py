"""For drivers that wrap another one: what the wrapper does not know of the other is passed on."""

import inspect
from collections.abc import Callable
from typing import TypeVar

_D = TypeVar("_D")

_INTERFACES = "sdk.drivers."


def with_abilities_of(inner: object, wrapper: _D) -> _D:
    """Return the wrapper with the optional abilities that the inner driver has and the wrapper has not: they are the inner one's.

    An optional ability is an interface beside the kind's own, such as `PlanExplainer` of runtimes. The engine looks for it on the driver that it was
    given, which is the wrapper. Raises TypeError for a wrapper whose class has `__slots__`.
    """
    abilities = tuple(each for each in type(inner).__mro__ if _is_interface(each) and not isinstance(wrapper, each))
    if not abilities:
        return wrapper
    members = {name: _passed_on(inner, name) for each in abilities for name in _methods(each)}
    wrapper.__class__ = type(type(wrapper).__name__, (type(wrapper), *abilities), members)
    return wrapper


def _is_interface(base: type) -> bool:
    return base.__module__.startswith(_INTERFACES) and inspect.isabstract(base)


def _methods(interface: type) -> list[str]:
    return [name for name, member in vars(interface).items() if inspect.isfunction(member) and not name.startswith("_")]


def _passed_on(inner: object, name: str) -> Callable[..., object]:
    method: Callable[..., object] = getattr(inner, name)

    def pass_on(_wrapper: object, *args: object, **kwargs: object) -> object:
        return method(*args, **kwargs)

    return pass_on
