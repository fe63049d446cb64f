"""What a driver returns is checked at the border, by the type hint of its interface: a wrong object travels no further."""

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Union, get_args, get_origin

Check = Callable[[object], bool]


def check_of(hint: object) -> Check:
    """Return a function that tells whether a value is what a type hint says, elements of sequences and mappings included.

    What cannot be told of a value without using it (type variables, iterators) is taken for right.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is None or hint is types.NoneType:
        return _is_none
    if origin in (Union, types.UnionType):
        return _any_of([check_of(argument) for argument in arguments])
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return _tuple_of([check_of(argument) for argument in arguments])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(*map(check_of, arguments))
    if isinstance(origin, type) and issubclass(origin, Sequence | frozenset):
        return _elements_of(origin, check_of(arguments[0]))
    if isinstance(hint, type) and hint is not object:
        return _instance_of((int, float) if hint is float else hint)
    return _anything


def _is_none(value: object) -> bool:
    return value is None


def _anything(_value: object) -> bool:
    return True


def _any_of(checks: Sequence[Check]) -> Check:
    return lambda value: any(check(value) for check in checks)


def _instance_of(wanted: type | tuple[type, ...]) -> Check:
    return lambda value: isinstance(value, wanted)


def _tuple_of(checks: Sequence[Check]) -> Check:
    def check(value: object) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == len(checks)
            and all(each(part) for each, part in zip(checks, value, strict=True))
        )

    return check


def _elements_of(kind: type[Iterable[object]], element: Check) -> Check:
    return lambda value: isinstance(value, kind) and not isinstance(value, str | bytes) and all(map(element, value))


def _mapping_of(key: Check, element: Check) -> Check:
    return lambda value: isinstance(value, Mapping) and all(map(key, value)) and all(map(element, value.values()))
