"""Options of `--log-opt` that every log driver takes, in Docker's words: `mode`, `max-buffer-size`, and those of the local cache."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import RotationDefaults, check_mode, parse_rotation
from sdk.text import cleaned, truth

_CACHE = "cache-"
_CACHED = ("max-size", "max-file", "compress")
"""How a cache rotates: the options of the local driver, with `cache-` before them."""

_DISABLED = "cache-disabled"
BUILTIN = frozenset(("mode", "max-buffer-size", _DISABLED, *(_CACHE + key for key in _CACHED)))

_CACHE_DEFAULTS = RotationDefaults("20m", 5, compress=True)


def check_builtin(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument for a `mode` that is none, a buffer it does not have, or a cache that cannot be."""
    check_mode(options)
    is_cached(options)
    parse_rotation(cache_options(options), _CACHE_DEFAULTS)


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
