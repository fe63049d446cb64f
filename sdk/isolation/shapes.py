"""Coders made from type hints: what a driver takes and returns becomes what msgpack knows, and the same value again on the other side.

Both ways a value is checked against its hint: the process on the other side may send anything. Records travel as arrays by position: a
shorter one than is known here is filled by defaults and a longer one cut, so that a minor version may add fields at the end.
"""

import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache, partial
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from operator import attrgetter
from pathlib import Path, PurePath
from typing import Annotated, NewType, Union, cast, get_args, get_origin, get_type_hints

from sdk.hints import spelled

Coder = Callable[[object], object]


class Misfit(TypeError):
    """A value is not what its type hint says."""


class Unspeakable(TypeError):
    """What an interface has cannot be said to another process; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`pack` turns a value into what msgpack knows, `unpack` turns that back. Both raise Misfit for a value that does not fit the hint."""

    pack: Coder
    unpack: Coder


@cache
def shape_of(hint: object) -> Shape:
    """Return the coders of a type hint. Raises Unspeakable for one of objects with methods, streams, callbacks and the like."""
    for make in (_named, _scalar, _text, _address, _path, _enumeration, _union, _collection, _mapping, _record):
        if (made := make(hint)) is not None:
            return made
    raise Unspeakable(f"a value of type {spelled(hint)} cannot be sent to another process")


def _checked(hint: type | tuple[type, ...], value: object) -> object:
    if isinstance(value, hint):
        return value
    raise Misfit(f"a {type(value).__name__}")


def _converted(convert: Callable[[object], object], value: object) -> object:
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise Misfit(f"a {type(value).__name__}") from error


# What is one value ---------------------------------------------------------------------------------------------------


def _named(hint: object) -> Shape | None:
    if isinstance(hint, NewType):
        return shape_of(hint.__supertype__)
    return shape_of(get_args(hint)[0]) if get_origin(hint) is Annotated else None


def _scalar(hint: object) -> Shape | None:
    if hint is None:
        hint = types.NoneType
    if hint not in (bytes, int, float, bool, types.NoneType):
        return None
    kinds = (int, float) if hint is float else cast(type, hint)

    def check(value: object) -> object:
        return value if value.__class__ is hint else _checked(kinds, value)

    return Shape(check, check)


def _text(hint: object) -> Shape | None:
    return Shape(_pack_text, _unpack_text) if hint is str else None


def _pack_text(value: object) -> object:
    """Names of files may have bytes that are not UTF-8, and Python keeps these as surrogates: such a text travels as bytes."""
    text = value if value.__class__ is str else str(_checked(str, value))
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return raw if any("\udc80" <= character <= "\udcff" for character in text) else text


def _unpack_text(value: object) -> object:
    if value.__class__ is str:
        return value
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else _checked(str, value)


_ADDRESSES_KEPT = 512
"""So many addresses are parsed once: those of networks come with every call, and an address never changes."""

_ADDRESSES: Mapping[type, Callable[[str], object]] = {
    IPv4Address: ip_address,
    IPv6Address: ip_address,
    IPv4Network: ip_network,
    IPv6Network: ip_network,
    IPv4Interface: ip_interface,
    IPv6Interface: ip_interface,
}


def _address(hint: object) -> Shape | None:
    return _addresses((hint,)) if isinstance(hint, type) and hint in _ADDRESSES else None


def _addresses(hints: Iterable[object]) -> Shape | None:
    """Return the shape of addresses of either version: which one it is shows in the text."""
    kinds = tuple(hint for hint in hints if isinstance(hint, type) and hint in _ADDRESSES)
    parsers = {_ADDRESSES[kind] for kind in kinds}
    if len(parsers) != 1 or len(kinds) != len(tuple(hints)):
        return None
    parse = lru_cache(_ADDRESSES_KEPT)(*parsers)

    def unpack(value: object) -> object:
        try:
            return _checked(kinds, parse(cast(str, _checked(str, value))))
        except ValueError as error:
            raise Misfit(f"a {type(value).__name__}") from error

    return Shape(lambda value: str(_checked(kinds, value)), unpack)


def _path(hint: object) -> Shape | None:
    if not (isinstance(hint, type) and issubclass(hint, PurePath)):
        return None
    return Shape(
        lambda value: _pack_text(str(_checked(PurePath, value))), lambda value: Path(cast(str, _checked(str, _unpack_text(value))))
    )


def _enumeration(hint: object) -> Shape | None:
    if not (isinstance(hint, type) and issubclass(hint, Enum)):
        return None
    return Shape(lambda value: cast(Enum, _checked(hint, value)).value, partial(_converted, hint))


# What is made of others ----------------------------------------------------------------------------------------------


def _union(hint: object) -> Shape | None:
    """Return the shape of a value that may be None, of an address of either version, or of both."""
    if get_origin(hint) not in (Union, types.UnionType):
        return None
    others = tuple(each for each in get_args(hint) if each is not types.NoneType)
    inner = shape_of(others[0]) if len(others) == 1 else _addresses(others)
    if inner is None or len(others) == len(get_args(hint)):
        return inner
    return Shape(
        lambda value: None if value is None else inner.pack(value), lambda value: None if value is None else inner.unpack(value)
    )


_BUILDERS: Sequence[tuple[type, Callable[[Iterable[object]], object]]] = (
    (tuple, tuple),
    (Sequence, list),
    (Set, frozenset),
    (Collection, list),
)
"""What a collection is again on the other side, by the kind that its hint names."""


def _collection(hint: object) -> Shape | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if not isinstance(origin, type) or issubclass(origin, Mapping) or not arguments:
        return None
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _fixed([shape_of(each) for each in arguments])
    build = next((build for kind, build in _BUILDERS if issubclass(origin, kind)), None)
    return _many(origin, build, shape_of(arguments[0])) if build is not None else None


def _many(origin: type, build: Callable[[Iterable[object]], object], element: Shape) -> Shape:
    def pack(value: object) -> object:
        if isinstance(value, str | bytes):
            raise Misfit(f"a {type(value).__name__}")
        return [element.pack(each) for each in cast(Collection[object], _checked(origin, value))]

    return Shape(pack, lambda value: build([element.unpack(each) for each in cast(list[object], _checked(list, value))]))


def _fixed(elements: Sequence[Shape]) -> Shape:
    def parts(kind: type, value: object) -> Sequence[object]:
        found = cast(Sequence[object], _checked(kind, value))
        if len(found) != len(elements):
            raise Misfit(f"{len(found)} values")
        return found

    return Shape(
        lambda value: [shape.pack(each) for shape, each in zip(elements, parts(tuple, value), strict=True)],
        lambda value: tuple([shape.unpack(each) for shape, each in zip(elements, parts(list, value), strict=True)]),
    )


def _mapping(hint: object) -> Shape | None:
    origin = get_origin(hint)
    if not (isinstance(origin, type) and issubclass(origin, Mapping)):
        return None
    key, element = map(shape_of, get_args(hint))

    def pairs(kind: type, value: object) -> Iterable[tuple[object, object]]:
        return cast(Mapping[object, object], _checked(kind, value)).items()

    return Shape(
        lambda value: {key.pack(name): element.pack(each) for name, each in pairs(Mapping, value)},
        lambda value: {key.unpack(name): element.unpack(each) for name, each in pairs(dict, value)},
    )


def _record(hint: object) -> Shape | None:
    if not (isinstance(hint, type) and is_dataclass(hint)):
        return None
    hints = get_type_hints(hint, include_extras=True)
    names = tuple(field.name for field in fields(hint))
    if any(field.kw_only or not field.init for field in fields(hint)):
        raise Unspeakable(f"a value of type {spelled(hint)}, not all of whose fields are given by position, cannot be sent")
    shapes = tuple(shape_of(hints[name]) for name in names)
    read = attrgetter(*names)

    packers, unpackers = [shape.pack for shape in shapes], [shape.unpack for shape in shapes]

    def pack(value: object) -> object:
        found = read(value if value.__class__ is hint else _checked(hint, value))
        return [pack(each) for pack, each in zip(packers, found if len(names) > 1 else (found,), strict=True)]

    def unpack(value: object) -> object:
        found = [unpack(each) for unpack, each in zip(unpackers, cast(list[object], _checked(list, value)), strict=False)]
        try:
            return hint(*found)
        except TypeError as error:
            raise Misfit(f"a {type(value).__name__}") from error

    return Shape(pack, unpack)
