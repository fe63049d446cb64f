"""Request bodies: JSON without nulls, decoded into structs."""

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

import msgspec
from starlette.requests import Request

from sdk.errors import InvalidArgument

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
T = TypeVar("T", bound=msgspec.Struct)


async def read_object(request: Request, *, required: bool = False) -> dict[str, JSON]:
    """Read a JSON object without its nulls: absent and null mean the same. An empty body is {} unless `required`,
    and so is the body `null`, which Docker's client sent with a commit until version 23.
    Raises InvalidArgument for another content type, other JSON, or anything after the object.
    """
    content = await request.body()
    if not content:
        if required:
            raise InvalidArgument("invalid JSON: got EOF while reading request body")
        return {}
    _check_type(request.headers.get("content-type", ""))
    value = _parse(content)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidArgument("invalid JSON: the body must be an object")
    return value


async def decode(request: Request, kind: type[T], *, required: bool = False) -> T:
    """Read a body into a struct. Raises InvalidArgument."""
    return convert(await read_object(request, required=required), kind)


def convert(value: Mapping[str, JSON], kind: type[T]) -> T:
    """Shape a parsed object into a struct. As in Go, names match whatever their case, and unknown ones are ignored.

    Raises InvalidArgument.
    """
    names = _names_of(kind)
    try:
        return msgspec.convert({names.get(key.lower(), key): item for key, item in value.items()}, kind)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"invalid JSON: {error}") from error


def parse_object(text: bytes | str) -> dict[str, JSON]:
    """Read a JSON object that came in a header or a query, without its nulls. Raises InvalidArgument."""
    return object_of(_parse(text))


def object_of(value: JSON) -> dict[str, JSON]:
    """Return a nested object, {} when it is absent. Raises InvalidArgument for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidArgument("invalid JSON: expected an object")
    return value


@cache
def _names_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {field.encode_name.lower(): field.encode_name for field in msgspec.structs.fields(kind)}


def _check_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidArgument(f"unsupported Content-Type header ({content_type}): must be 'application/json'")


def _parse(content: bytes | str) -> JSON:
    try:
        return _without_nulls(msgspec.json.decode(content))
    except msgspec.DecodeError as error:
        if "trailing characters" in str(error):
            raise InvalidArgument("unexpected content after JSON") from error
        raise InvalidArgument(f"invalid JSON: {error}") from error


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
