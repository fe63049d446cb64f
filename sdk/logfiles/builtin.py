"""Options of `--log-opt` that every log driver takes, in Docker's words: `mode`, `max-buffer-size`, and those of the local cache."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import RotationDefaults, parse_rotation, parse_size
from sdk.text import cleaned, truth

_CACHE = "cache-"
_CACHED = ("max-size", "max-file", "compress")
"""How a cache rotates: the options of the local driver, with `cache-` before them."""

_DISABLED = "cache-disabled"
_BUFFER = "max-buffer-size"
BUILTIN = frozenset(("mode", _BUFFER, _DISABLED, *(_CACHE + key for key in _CACHED)))

_CACHE_DEFAULTS = RotationDefaults("20m", 5, compress=True)


def check_builtin(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument for a `mode` that is none, a buffer it does not have, or a cache that cannot be."""
    mode = options.get("mode", "")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidArgument(f"logger: logging mode not supported: {cleaned(mode)}")
    if _BUFFER in options:
        if mode != "non-blocking":
            raise InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
        buffer_of(options, 0)
    is_cached(options)
    parse_rotation(cache_options(options), _CACHE_DEFAULTS)


def buffer_of(options: Mapping[str, str], default: int) -> int:
    """Return the bytes of `max-buffer-size`. Raises InvalidArgument."""
    if _BUFFER not in options:
        return default
    try:
        return parse_size(options[_BUFFER], unit=1024)
    except InvalidArgument as error:
        raise InvalidArgument(f"error parsing option max-buffer-size: {error.message}") from None


def is_cached(options: Mapping[str, str]) -> bool:
    """Tell whether a driver that sends logs elsewhere keeps a copy to read from. Raises InvalidArgument."""
    text = options.get(_DISABLED, "")
    disabled = truth(text) if text else False
    if disabled is None:
        raise InvalidArgument(f"invalid value for option {_DISABLED}: {cleaned(text)}")
    return not disabled


def cache_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return how the copy rotates, in the words of the local driver."""
    return {key: options[_CACHE + key] for key in _CACHED if _CACHE + key in options}
