"""`daemon.json`: read, flattened, and compared with the command line as dockerd does it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from core.defaults import without_credentials
from core.dockerd.flags import Flags
from core.dockerd.options import FILE_ONLY, OPTIONS, RENAMED, Form, Option

_NAMED = {option.key: option for option in OPTIONS if option.key}
_WHOLE = frozenset(option.key for option in OPTIONS if option.form in (Form.PAIRS, Form.SWITCHES, Form.NESTED, Form.ULIMITS)) | {
    "runtimes",
    "builder",
}
_MERGED = frozenset({"runtimes"})
"""Keys that may be given both ways: the command line adds to them."""


class FileRefused(Exception):
    """A configuration file that dockerd would refuse; the message is dockerd's, without the file's name."""


def read_file(path: Path) -> dict[str, JsonValue]:
    """Return the keys of a file, those of groups such as `proxies` beside the others. Raises FileRefused, OSError."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig").strip()
        loaded: JsonValue = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"invalid JSON: {error}") from None
    if not isinstance(loaded, dict):
        raise FileRefused("invalid JSON: an object is expected")
    return _flattened(loaded)


def _flattened(loaded: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    for key, value in loaded.items():
        if isinstance(value, dict) and key not in _WHOLE:
            values.update(value)
        else:
            values[key] = value
    return values


def options_of(values: Mapping[str, JsonValue], flags: Flags) -> Iterator[tuple[Option, JsonValue]]:
    """Yield the options that a file sets. Raises FileRefused for unknown keys, and for those that the command line gives as well."""
    unknown = [key for key in values if key not in _NAMED and key not in RENAMED and key not in FILE_ONLY]
    if unknown:
        raise FileRefused(f"the following directives don't match any configuration option: {', '.join(unknown)}")
    for old, new in RENAMED.items():
        if old in values and new in values:
            raise FileRefused(f"{old} and {new} must not both be specified in the config file")
    conflicts = list(_conflicts(values, flags))
    if conflicts:
        raise FileRefused(
            f"the following directives are specified both as a flag and in the configuration file: {', '.join(conflicts)}"
        )
    for key, value in values.items():
        if key not in FILE_ONLY:
            option = _NAMED[RENAMED.get(key, key)]
            yield option, _several(option, value)


def _several(option: Option, value: JsonValue) -> JsonValue:
    """Return a value whose older key took one where the option takes several."""
    return [value] if option.key == "host-gateway-ips" and isinstance(value, str) else value


def _conflicts(values: Mapping[str, JsonValue], flags: Flags) -> Iterator[str]:
    for key, value in values.items():
        option = _NAMED.get(RENAMED.get(key, key))
        if option is not None and option.flag in flags.given and key not in _MERGED:
            yield f"{key}: (from flag: {_flag_text(option, flags)}, from file: {_file_text(option, value)})"


def _flag_text(option: Option, flags: Flags) -> str:
    texts = flags.given[option.flag]
    if option.form in (Form.LIST, Form.ADDRESSES, Form.ULIMITS):
        return f"[{' '.join(texts)}]"
    if option.form in (Form.PAIRS, Form.SWITCHES):
        return f"map[{' '.join(text.replace('=', ':', 1) for text in texts)}]"
    return _masked(option, texts[-1])


def _file_text(option: Option, value: JsonValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_file_text(option, item)}' for key, item in value.items())}]"
    return _masked(option, str(value))


def _masked(option: Option, text: str) -> str:
    return without_credentials(text) if option.flag in ("http-proxy", "https-proxy") else text
