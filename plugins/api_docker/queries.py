"""Query parameters as Docker's clients write them."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from plugins.api_docker.bodies import convert, parse_object
from plugins.api_docker.settings import ApiDockerSettings
from plugins.api_docker.versions import ApiVersion
from sdk.engine import Engine
from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64, parse_uint32
from sdk.oci.descriptor import Platform, normalized, parse_platform
from sdk.text import UNREADABLE, cleaned

_SEVERAL_PLATFORMS = ApiVersion(1, 52)
_FALSE = frozenset({"", "0", "no", "false", "none"})
_NANOSECOND_DIGITS = 9
_FRACTION_DIGITS = 20


def is_true(text: str | bool) -> bool:
    """Tell whether a query value means true: everything but "", 0, no, false and none."""
    return text if isinstance(text, bool) else text.strip().lower() not in _FALSE


def read_int(text: str | int) -> int:
    """Return a query's number. Raises InvalidArgument in the words of Go's `Atoi`."""
    if isinstance(text, int):
        return text
    try:
        return parse_int64(text)
    except BadNumber as error:
        raise InvalidArgument(f'strconv.Atoi: parsing "{text}": {error}') from None


Flag = Annotated[bool, BeforeValidator(is_true)]
"""A boolean query parameter."""

Texts = Annotated[list[str], Query()]
"""A query parameter that may be repeated."""

Integer = Annotated[int, BeforeValidator(read_int)]
"""A number of 64 bits."""

OptionalInteger = Annotated[int | None, BeforeValidator(lambda text: None if text in (None, "") else read_int(text))]
"""A number of 64 bits; nothing, as an empty text, is None."""


@dataclass(frozen=True, slots=True)
class TerminalSize:
    rows: int
    columns: int


def _terminal_size(h: str = "", w: str = "") -> TerminalSize:
    return TerminalSize(_side("height", h), _side("width", w))


def _side(name: str, text: str) -> int:
    try:
        return parse_uint32(text)
    except BadNumber as error:
        raise InvalidArgument(f'invalid resize {name} "{text}": {error}') from None


Resizing = Annotated[TerminalSize, Depends(_terminal_size)]
"""The parameters `h` and `w`: required, 32 bits each."""


def parse_filters(text: str) -> Filters:
    """Parse `filters`: `{"label": {"a=b": true}}` or the older `{"label": ["a=b"]}`. Raises InvalidArgument."""
    if not text:
        return {}
    try:
        parsed = msgspec.json.decode(text, type=dict[str, list[str] | dict[str, bool]])
    except UNREADABLE as error:
        raise InvalidArgument("invalid filter") from error
    return {
        key: tuple(values) if isinstance(values, list) else tuple(v for v, on in values.items() if on)
        for key, values in parsed.items()
    }


def _filters(filters: str = "") -> Filters:
    return parse_filters(filters)


Filtering = Annotated[Filters, Depends(_filters)]
"""The `filters` parameter."""


def parse_timestamp(text: str) -> int:
    """Parse `seconds[.nanoseconds]` into nanoseconds since 1970. Raises InvalidArgument."""
    seconds, _, fraction = text.partition(".")
    try:
        whole = parse_int64(seconds)
    except BadNumber as error:
        raise InvalidArgument(f'invalid timestamp "{text}": invalid seconds "{seconds}": {error}') from None
    if len(fraction) > _FRACTION_DIGITS:
        excess = f"length {len(fraction)} exceeds maximum {_FRACTION_DIGITS}"
        raise InvalidArgument(f'invalid timestamp "{text}": invalid nanoseconds: {excess}')
    for position, digit in enumerate(fraction):
        if digit not in "0123456789":
            raise InvalidArgument(
                f"invalid timestamp \"{text}\": invalid nanoseconds: invalid character '{digit}' at position {position}"
            )
    return whole * 10**9 + int(fraction[:_NANOSECOND_DIGITS].ljust(_NANOSECOND_DIGITS, "0"))


def moment(parameter: str, text: str) -> int | None:
    """Return the wall-clock nanoseconds that a query's parameter says, None for "". Raises InvalidArgument that names the parameter."""
    if not text:
        return None
    try:
        return parse_timestamp(text)
    except InvalidArgument as error:
        raise InvalidArgument(f"invalid value for {parameter}: {error.message}") from None


def parse_platform_json(text: str) -> Platform | None:
    """Parse a platform given as an OCI JSON object; "" is None. Raises InvalidArgument."""
    if not text:
        return None
    try:
        platform = convert({"os": "", "architecture": "", **parse_object(text)}, Platform)
    except InvalidArgument as error:
        raise InvalidArgument(f"failed to parse platform: {cleaned(error.message)}") from error
    if not (platform.os and platform.architecture):
        raise InvalidArgument("both OS and Architecture must be provided")
    return normalized(platform)


def parse_platforms(texts: list[str], version: ApiVersion) -> tuple[Platform, ...]:
    """Parse platforms given as OCI JSON objects; before API 1.52 there could be one. Raises InvalidArgument."""
    given = tuple(platform for text in texts if (platform := parse_platform_json(text)))
    if len(given) > 1 and version < _SEVERAL_PLATFORMS:
        raise InvalidArgument("multiple platform parameters are not supported")
    return given


def parse_platform_text(text: str) -> Platform | None:
    """Parse a platform given as `os/architecture[/variant]`; "" is None. Raises InvalidArgument."""
    return parse_platform(text) if text else None


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def is_experimental(request: Request) -> bool:
    """Tell whether the daemon was started as an experimental one."""
    settings: ApiDockerSettings = request.app.state.settings
    return settings.experimental


def _version(request: Request) -> ApiVersion:
    version: ApiVersion = request.scope["api_version"]
    return version


EngineOf = Annotated[Engine, Depends(_engine)]
"""The engine behind this application."""

VersionOf = Annotated[ApiVersion, Depends(_version)]
"""The API version of the request."""
