"""Request bodies: JSON without nulls, decoded into structs."""

import re
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import TypeVar

import msgspec
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request

from plugins.api_docker.errors import ClientLeft
from plugins.api_docker.json_errors import MAX_DEPTH, TOO_DEEP, syntax_error
from sdk.errors import InvalidArgument

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
_EMPTY: dict[str, JSON] = {"volumes": {}, "exposedports": {}, "portbindings": [], "endpointsconfig": {}, "labels": ""}
"""Objects in which a name counts although its value is null, in small letters; what the value then is in Go."""

T = TypeVar("T", bound=msgspec.Struct)

GOT_EOF = "got EOF while reading request body"

LARGEST = 4 << 20
"""Bytes of a JSON body or of a form. A command line with its environment can have 2 MiB (execve(2))."""

_QUICK = 64 << 10
"""Bytes that are parsed in less than a millisecond or two; more is left to a thread."""

_MISFIT = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `\$\.?(?P<field>[^`]*)`)?")
_GOT = {"str": "string", "int": "number", "float": "number"}
_WANTED = {"str": "string", "object": "struct", "array": "slice", "float": "float64"}
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


async def read_object(request: Request, *, missing: str = "") -> dict[str, JSON]:
    """Read a JSON object without its nulls: absent and null mean the same. The body `null`, which Docker's client sent with a commit
    until version 23, is {}, and so is an empty body, unless `missing` says what is wrong with that.
    Raises InvalidArgument for another content type, other JSON, anything after the object, or more than `LARGEST` bytes.
    """
    value = await read_value(request, missing=missing)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidArgument("invalid JSON: the body must be an object")
    return value


async def read_value(request: Request, *, missing: str = "") -> JSON:
    """Read any JSON, as `read_object` reads an object; an empty body is None."""
    _check_type(request)
    content = await read_content(request)
    if not content:
        if missing or "transfer-encoding" in request.headers:
            raise InvalidArgument(f"invalid JSON: {missing or GOT_EOF}")
        return None
    if len(content) <= _QUICK:
        return _parse(content)
    return await run_sync(_parse, content, limiter=_threads())


async def read_content(request: Request) -> bytes:
    """Read a body whole. Raises InvalidArgument when it has more than `LARGEST` bytes, as soon as that is known."""
    content = bytearray()
    if int(request.headers.get("content-length", "0")) > LARGEST:
        raise _too_large()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise _too_large()
    return bytes(content)


async def upload(request: Request) -> AsyncIterator[bytes]:
    """Yield a body of any size piece by piece. Raises ClientLeft when it does not come whole."""
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except ClientDisconnect:
        raise ClientLeft from None


async def decode(request: Request, kind: type[T], *, missing: str = "") -> T:
    """Read a body into a struct. Raises InvalidArgument."""
    return convert(await read_object(request, missing=missing), kind)


def convert(value: Mapping[str, JSON], kind: type[T]) -> T:
    """Shape a parsed object into a struct. As in Go, names match whatever their case, and unknown ones are ignored.

    Raises InvalidArgument.
    """
    names = _names_of(kind)
    try:
        return msgspec.convert({names.get(key.lower(), key): item for key, item in value.items()}, kind)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"invalid JSON: {misfit(error)}") from error


def misfit(error: msgspec.ValidationError) -> str:
    """Return what does not fit, in the words of Go's decoder where it has some."""
    found = _MISFIT.match(str(error))
    if found is None:
        return str(error)
    got, wanted = _GOT.get(found["got"], found["got"]), found["wanted"].split(" | ")[0]
    field = f"struct field .{found['field']}" if found["field"] else "value"
    return f"json: cannot unmarshal {got} into Go {field} of type {_WANTED.get(wanted, wanted)}"


def parse_object(text: bytes | str) -> dict[str, JSON]:
    """Read a JSON object that came in a header or a query, without its nulls. Raises InvalidArgument."""
    return object_of(_parse(text.encode() if isinstance(text, str) else text))


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


@cache
def _threads() -> CapacityLimiter:
    """At most two large bodies are parsed at a time."""
    return CapacityLimiter(2)


def _check_type(request: Request) -> None:
    """Without a body there need be no content type; one that is given must be right all the same."""
    content_type = request.headers.get("content-type", "")
    if not content_type and not _has_body(request):
        return
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidArgument(f"unsupported Content-Type header ({content_type}): must be 'application/json'")


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _too_large() -> InvalidArgument:
    return InvalidArgument(f"http: request body too large: the limit is {LARGEST >> 20} MiB")


def _parse(content: bytes) -> JSON:
    try:
        return _without_nulls(msgspec.json.decode(content), MAX_DEPTH)
    except RecursionError:
        raise InvalidArgument(f"invalid JSON: {TOO_DEEP}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _parse_again(content, error)


def _parse_again(content: bytes, error: msgspec.DecodeError | UnicodeDecodeError) -> JSON:
    """Say what is wrong as Go would. What Go takes, taking U+FFFD for what is no character, is taken."""
    if words := syntax_error(content):
        raise InvalidArgument(f"invalid JSON: {GOT_EOF if words == 'EOF' else words}") from error
    mended = _LONE_SURROGATE.sub(lambda match: match[0] if match["pair"] else match[1] + b"\\ufffd", content)
    try:
        return _without_nulls(msgspec.json.decode(mended.decode(errors="replace")), MAX_DEPTH)
    except msgspec.DecodeError as second:
        if "trailing characters" in str(second):
            raise InvalidArgument("unexpected content after JSON") from second
        raise InvalidArgument(f"invalid JSON: {second}") from second


def _without_nulls(value: JSON, depth: int) -> JSON:
    if not depth:
        raise InvalidArgument(f"invalid JSON: {TOO_DEEP}")
    if isinstance(value, dict):
        return {key: _member(key, item, depth - 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item, depth - 1) for item in value]
    return value


def _member(key: str, value: JSON, depth: int) -> JSON:
    if isinstance(value, dict) and (empty := _EMPTY.get(key.lower())) is not None:
        value = {name: empty if item is None else item for name, item in value.items()}
    return _without_nulls(value, depth)
