"""`max-size`, `max-file`, `compress`, `mode` and `max-buffer-size` of `--log-opt`, in Docker's words."""

import re
from collections.abc import Mapping

from msgspec import Struct

from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.text import cleaned, truth

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)
_BUFFER = "max-buffer-size"
_TOO_LARGE, _MOST_FILES = 2**63, 10**18 - 1


class Rotation(Struct, frozen=True):
    """When a log file is put aside, `max_size` in bytes or 0 for never, and how many files are kept, `max_file` with the present one."""

    max_size: int
    max_file: int
    compress: bool


class RotationDefaults(Struct, frozen=True):
    """What counts where an option is not given. `max_file` is how many files are kept."""

    max_size: str
    max_file: int
    compress: bool


def parse_rotation(options: Mapping[str, str], defaults: RotationDefaults) -> Rotation:
    """Return how a log rotates. Raises InvalidArgument."""
    text = options.get("max-size", defaults.max_size)
    max_size = 0 if text == "-1" else parse_size(text)
    if max_size <= 0 and text != "-1":
        raise InvalidArgument(f"max-size must be a positive number: {cleaned(text)}")
    max_file = _parse_count(options.get("max-file", str(defaults.max_file)))
    # The default must not turn an option that is right by itself into a contradiction.
    compress = parse_truth(options["compress"]) if "compress" in options else defaults.compress and max_file > 1 and max_size > 0
    if compress and (max_file == 1 or not max_size):
        raise InvalidArgument("compress cannot be true when max-file is less than 2 or max-size is not set")
    return Rotation(max_size, max_file, compress)


def check_mode(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument for a `mode` that is none, or a buffer it does not have."""
    mode = options.get("mode", "")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidArgument(f"logger: logging mode not supported: {cleaned(mode)}")
    if _BUFFER in options:
        if mode != "non-blocking":
            raise InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
        buffer_of(options, 0)


def buffer_of(options: Mapping[str, str], default: int) -> int:
    """Return the bytes of `max-buffer-size`. Raises InvalidArgument."""
    if _BUFFER not in options:
        return default
    try:
        return parse_size(options[_BUFFER], unit=1024)
    except InvalidArgument as error:
        raise InvalidArgument(f"error parsing option max-buffer-size: {error.message}") from None


def parse_size(text: str, *, unit: int = 1000) -> int:
    """Return the bytes of a human size, as Docker reads it: sizes of files have decimal units, those of buffers binary ones (`unit` 1024).

    Raises InvalidArgument.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidArgument(f"invalid size: '{cleaned(text)}'")
    power = " kmgtp".index(match[2].lower() or " ")
    size = float(match[1]) * unit**power
    if size >= _TOO_LARGE:
        raise InvalidArgument(f"invalid size: '{cleaned(text)}'")
    return int(size)


def _parse_count(text: str) -> int:
    try:
        count = parse_int64(text, most=_MOST_FILES)
    except BadNumber as error:
        raise InvalidArgument(f'strconv.Atoi: parsing "{cleaned(text)}": {error}') from None
    if count < 1:
        raise InvalidArgument("max-file cannot be less than 1")
    return count


def parse_truth(text: str) -> bool:
    """Return what an option of yes or no says. Raises InvalidArgument in the words of Go's `strconv.ParseBool`."""
    found = truth(text)
    if found is None:
        raise InvalidArgument(f'strconv.ParseBool: parsing "{cleaned(text)}": invalid syntax')
    return found
