"""What of a driver's interface can be said to another process: its methods with the shapes of what they take and return."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import cast, get_type_hints

from sdk.drivers.deadlines import is_idempotent
from sdk.drivers.interfaces import members_of
from sdk.hints import spelled
from sdk.isolation.shapes import Misfit, Shape, Unspeakable, shape_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method. `default` is `inspect.Parameter.empty` where there is none."""

    name: str
    shape: Shape
    by_name: bool
    default: object


@dataclass(frozen=True, slots=True)
class Method:
    """A method as both sides know it. One that is `idempotent` may be called again where it is not known whether it was done."""

    name: str
    parameters: Sequence[Parameter]
    result: object
    idempotent: bool = False

    def pack_arguments(self, args: Sequence[object], kwargs: Mapping[str, object]) -> list[object]:
        """Return the values of all parameters in their order. Raises TypeError as a call does, and for values that do not fit."""
        if len(args) > len(self.parameters) or kwargs.keys() - {each.name for each in self.parameters}:
            raise TypeError(f"{self.name}() got arguments that it does not take")
        return [
            each.shape.pack(_value(self.name, each, args[index : index + 1], kwargs)) for index, each in enumerate(self.parameters)
        ]

    def unpack_arguments(self, values: Sequence[object]) -> tuple[list[object], dict[str, object]]:
        """Return the positional and the keyword arguments of a call. Raises Misfit, ValueError for too few or too many."""
        args, kwargs = [], {}
        for each, value in zip(self.parameters, values, strict=True):
            if each.by_name:
                kwargs[each.name] = each.shape.unpack(value)
            else:
                args.append(each.shape.unpack(value))
        return args, kwargs

    def pack_result(self, value: object) -> object:
        """Return what is sent of a result: of a method that returns nothing, nothing. Raises Misfit in a sentence."""
        if self.result is NoneType:
            return None
        with_name = "None" if value is None else f"a {type(value).__name__}"
        try:
            return shape_of(self.result).pack(value)
        except Misfit as error:
            raise Misfit(f"the driver returned {with_name}, not {spelled(self.result)}") from error

    def unpack_result(self, value: object) -> object:
        """Return a result that was sent. Raises Misfit in a sentence."""
        try:
            return shape_of(self.result).unpack(value)
        except Misfit as error:
            raise Misfit(f"the driver returned something else than {spelled(self.result)}") from error


def _value(method: str, parameter: Parameter, positional: Sequence[object], kwargs: Mapping[str, object]) -> object:
    if positional and not parameter.by_name:
        return positional[0]
    value = kwargs.get(parameter.name, parameter.default)
    if value is inspect.Parameter.empty:
        raise TypeError(f"{method}() misses the argument {parameter.name}")
    return value


def methods_of(interfaces: Iterable[type[object]]) -> dict[str, Method]:
    """Return the methods of some interfaces by name. Raises Unspeakable for one that has what another process cannot be asked."""
    found: dict[str, Method] = {}
    for interface in interfaces:
        found |= {name: _method(name, member) for name, member in members_of(interface).items()}
    return found


def _method(name: str, member: object) -> Method:
    if not inspect.iscoroutinefunction(member):
        raise Unspeakable(f"its method {name} is not asynchronous")
    hints = get_type_hints(member, include_extras=True)
    parameters = list(inspect.signature(member).parameters.values())[1:]
    result = cast(object, hints["return"])
    try:
        shape_of(result)
        known = tuple(_parameter(each, hints[each.name]) for each in parameters)
    except Unspeakable as error:
        raise Unspeakable(f"of its method {name} {error}") from error
    return Method(name, known, result, is_idempotent(member))


def _parameter(parameter: inspect.Parameter, hint: object) -> Parameter:
    return Parameter(parameter.name, shape_of(hint), parameter.kind is parameter.KEYWORD_ONLY, cast(object, parameter.default))
