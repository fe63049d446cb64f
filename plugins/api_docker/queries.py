"""Query parameters as Docker's clients write them."""

from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from plugins.api_docker.bodies import convert, parse_object
from plugins.api_docker.versions import ApiVersion
from sdk.engine import Engine
from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform, parse_platform

_FALSE = frozenset({"", "0", "no", "false", "none"})
_UINT32 = 2**32 - 1
_NANOSECOND_DIGITS = 9


def is_true(text: str | bool) -> bool:
    """Tell whether a query value means true: everything but "", 0, no, false and none."""
    return text if isinstance(text, bool) else text.strip().lower() not in _FALSE


Flag = Annotated[bool, BeforeValidator(is_true)]
"""A boolean query parameter."""

Texts = Annotated[list[str], Query()]
"""A query parameter that may be repeated."""

TerminalSize = Annotated[int, Query(ge=0, le=_UINT32)]
"""Rows or columns; required, 32 bits."""


def parse_filters(text: str) -> Filters:
    """Parse `filters`: `{"label": {"a=b": true}}` or the older `{"label": ["a=b"]}`. Raises InvalidArgument."""
    if not text:
        return {}
    try:
        parsed = msgspec.json.decode(text, type=dict[str, list[str] | dict[str, bool]])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InvalidArgument("invalid filter") from error
    return {
        key: tuple(values) if isinstance(values, list) else tuple(v for v, on in values.items() if on)
        for key, values in parsed.items()
    }


async def _filters(filters: str = "") -> Filters:
    return parse_filters(filters)


Filtering = Annotated[Filters, Depends(_filters)]
"""The `filters` parameter."""


def parse_timestamp(text: str) -> int:
    """Parse `seconds[.nanoseconds]` into nanoseconds; "" is 0. Raises InvalidArgument."""
    seconds, _, fraction = text.partition(".")
    try:
        return int(seconds or 0) * 10**9 + int(fraction[:_NANOSECOND_DIGITS].ljust(_NANOSECOND_DIGITS, "0"))
    except ValueError as error:
        raise InvalidArgument(f'failed to parse value "{text}" as a timestamp: it must be seconds[.nanoseconds]') from error


def _timestamp(value: str | int) -> int:
    return value if isinstance(value, int) else parse_timestamp(value)


Timestamp = Annotated[int, BeforeValidator(_timestamp)]
"""Wall-clock nanoseconds, written as `seconds[.nanoseconds]`."""


def parse_platform_json(text: str) -> Platform | None:
    """Parse a platform given as an OCI JSON object; "" is None. Raises InvalidArgument."""
    if not text:
        return None
    try:
        return convert(parse_object(text), Platform)
    except InvalidArgument as error:
        raise InvalidArgument(f"invalid platform {text!r}: {error}") from error


def parse_platform_text(text: str) -> Platform | None:
    """Parse a platform given as `os/architecture[/variant]`; "" is None. Raises InvalidArgument."""
    return parse_platform(text) if text else None


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _version(request: Request) -> ApiVersion:
    version: ApiVersion = request.scope["api_version"]
    return version


EngineOf = Annotated[Engine, Depends(_engine)]
"""The engine behind this application."""

VersionOf = Annotated[ApiVersion, Depends(_version)]
"""The API version of the request."""
