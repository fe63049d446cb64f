"""For drivers that wrap another one: what the wrapper does not know of the other is passed on."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

from sdk.drivers.interfaces import is_interface, members_of

_D = TypeVar("_D")

_PASSED_ON = "_sdk_wrapping_passed_on"
"""The attribute of a wrapper that has the inner drivers' methods, by name."""


def with_abilities_of(inner: object, wrapper: _D) -> _D:
    """Return the wrapper with the optional abilities that the inner driver has and the wrapper has not: they are the inner one's.

    An optional ability is an interface beside the kind's own, such as `PlanExplainer` of runtimes. The engine looks for it on the driver that it was
    given, which is the wrapper. Raises TypeError for a wrapper whose class has `__slots__`.
    """
    abilities = tuple(each for each in type(inner).__mro__ if _is_ability(each) and not isinstance(wrapper, each))
    if not abilities:
        return wrapper
    methods = {name: getattr(inner, name) for each in abilities for name in _methods(each)}
    vars(wrapper)[_PASSED_ON] = vars(wrapper).get(_PASSED_ON, {}) | methods
    wrapper.__class__ = _passing_on((type(wrapper), *abilities))
    return wrapper


@cache
def _passing_on(bases: tuple[type, ...]) -> type:
    """Return the one class for all wrappers of a class that pass on these abilities, which follow it: a log is wrapped at every start of a
    container."""
    own, *abilities = bases
    return type(own.__name__, bases, {name: _passed_on(name) for each in abilities for name in _methods(each)})


def _is_ability(base: type) -> bool:
    return is_interface(base) and inspect.isabstract(base)


def _methods(interface: type) -> list[str]:
    return [name for name, member in members_of(interface).items() if inspect.isfunction(member)]


def _passed_on(name: str) -> Callable[..., object]:
    def pass_on(wrapper: object, *args: object, **kwargs: object) -> object:
        methods: Mapping[str, Callable[..., object]] = vars(wrapper)[_PASSED_ON]
        return methods[name](*args, **kwargs)

    return pass_on
