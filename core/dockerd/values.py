"""The values of dockerd's options, from text and from JSON, checked as dockerd checks them and turned into those of our settings."""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import JsonValue

from core.dockerd.flags import FlagError, boolean, shown
from core.dockerd.options import Form, Option

_UNITS = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([bkmgtp])(?:i?b)?)?", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)*[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.?")


class ValueRefused(Exception):
    """A value that dockerd would refuse; the message is dockerd's."""


def from_texts(option: Option, texts: Sequence[str]) -> JsonValue:
    """Return the value of an option that was given on the command line. Raises FlagError."""
    try:
        return _FROM_TEXTS[option.form](option, texts)
    except ValueRefused as refused:
        raise FlagError(f'invalid argument "{texts[-1]}" for "{shown(option.flag)}" flag: {refused}') from None


def from_json(option: Option, value: JsonValue) -> JsonValue:
    """Return the value of an option as `daemon.json` spells it. Raises ValueRefused."""
    form = option.form
    if form in _JSON_TYPES and (not isinstance(value, _JSON_TYPES[form]) or (form is not Form.SWITCH and isinstance(value, bool))):
        raise ValueRefused(f"invalid JSON: {option.key} cannot be {_kind(value)}: a {form} is expected")
    convert = _FROM_JSON.get(form)
    converted = convert(option, value) if convert else value
    if not isinstance(converted, list):
        return converted
    return [check(option, item) if isinstance(item, str) else item for item in converted]


def check(option: Option, text: str) -> str:
    """Return one value of a list. Raises ValueRefused."""
    match option.flag:
        case "host":
            return _host(text)
        case "label":
            _check_label(text)
        case "registry-mirror":
            return _mirror(text)
        case "dns" | "host-gateway-ip":
            return _address(text)
        case "dns-search":
            if text.strip() != "." and not _DOMAIN.fullmatch(text.strip()):
                raise ValueRefused(f"{text} is not a valid domain")
        case "exec-opt":
            _check_exec_option(text)
        case "insecure-registry":
            if text.startswith("-") or text.endswith("-"):
                raise ValueRefused(f"invalid index name ({text}). Cannot begin or end with a hyphen")
    return text


def size(text: str) -> int:
    """Return the bytes of a size such as 64m or 1.5GiB. Raises ValueRefused."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueRefused(f"invalid size: '{text}'")
    return int(float(match[1]) * (1 << _UNITS[(match[2] or "b").lower()]))


# ---------------------------------------------------------------------------------------------------------------------
# Single values
# ---------------------------------------------------------------------------------------------------------------------


def _host(text: str) -> str:
    """Return a listen address with its scheme; what has none is one of TCP."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "tcp", scheme
    if scheme not in ("tcp", "unix", "fd"):
        raise ValueRefused(f"invalid bind address ({text}): unsupported proto '{scheme}'")
    try:
        _ = urlsplit(f"tcp://{rest}").port if scheme == "tcp" else None
    except ValueError:
        raise ValueRefused(f"invalid bind address ({text}): invalid port") from None
    return f"{scheme}://{rest}"


def _check_label(text: str) -> None:
    name, equals, _ = text.partition("=")
    if not equals:
        raise ValueRefused(f"bad attribute format: {text}")
    if name.lower().startswith(("com.docker.", "io.docker.", "org.dockerproject.")):
        raise ValueRefused(
            f"label {text} is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are reserved "
            "for internal use"
        )


def _mirror(text: str) -> str:
    url = urlsplit(text)
    schemes = "must use either 'https://' or 'http://'"
    if "://" not in text.lstrip(":"):
        raise ValueRefused(f'invalid mirror: no scheme specified for "{text}": {schemes}')
    if url.scheme not in ("http", "https"):
        raise ValueRefused(f'invalid mirror: unsupported scheme "{url.scheme}" in "{text}": {schemes}')
    if url.query or url.fragment:
        raise ValueRefused(f'invalid mirror: query or fragment at end of the URI "{text}"')
    if url.username is not None:
        raise ValueRefused(f'invalid mirror: username/password not allowed in URI "{text}"')
    return text.rstrip("/") + "/"


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise ValueRefused(f"{text} is not an ip address") from None


def _check_exec_option(text: str) -> None:
    name, equals, _ = text.partition("=")
    if not equals:
        raise ValueRefused(f"invalid runtime option: '{text}': must be of the form name=value")
    if name not in ("native.cgroupdriver", "isolation"):
        raise ValueRefused(f"unknown option: '{name}'")
    if name == "isolation":
        raise ValueRefused("option 'isolation' is only supported on windows")


def _number(_option: Option, texts: Sequence[str]) -> JsonValue:
    text = texts[-1]
    try:
        return int(text, 10)
    except ValueError:
        raise ValueRefused(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _one_address(_option: Option, texts: Sequence[str]) -> JsonValue:
    return _address(texts[-1]) if texts[-1] else ""


# ---------------------------------------------------------------------------------------------------------------------
# Lists and maps
# ---------------------------------------------------------------------------------------------------------------------


def _list(option: Option, texts: Sequence[str]) -> JsonValue:
    return [check(option, text) for text in texts]


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _pairs(_option: Option, texts: Sequence[str]) -> JsonValue:
    return dict(map(_pair, texts))


def _switches(option: Option, texts: Sequence[str]) -> JsonValue:
    return {name: boolean(option.flag, value or "true") for name, value in map(_pair, texts)}


def _nested(_option: Option, texts: Sequence[str]) -> JsonValue:
    """Read `driver=name=value`."""
    result: dict[str, dict[str, str]] = {}
    for text in texts:
        driver, rest = _pair(text)
        name, equals, value = rest.partition("=")
        if not equals:
            raise ValueRefused(f"invalid value {text}: must be of the form DRIVER=NAME=VALUE")
        result.setdefault(driver, {})[name] = value
    return {driver: dict(options) for driver, options in result.items()}


def _pools(_option: Option, texts: Sequence[str]) -> JsonValue:
    """Read `base=10.0.0.0/8,size=24`."""
    pools: list[JsonValue] = []
    for text in texts:
        fields = dict(_pair(part.strip()) for part in text.split(","))
        if fields.keys() != {"base", "size"} or not fields["size"].isdecimal():
            raise ValueRefused(f"invalid field {text}: must be of the form base=SUBNET,size=NUMBER")
        pools.append({"base": fields["base"], "size": int(fields["size"])})
    return pools


def _runtimes(_option: Option, texts: Sequence[str]) -> JsonValue:
    runtimes: dict[str, JsonValue] = {}
    for text in texts:
        name, path = _pair(text)
        if not name or not path:
            raise ValueRefused(f"invalid runtime argument: {text}")
        runtimes[_runtime_name(name)] = {"path": path}
    return runtimes


def _runtime_name(name: str) -> str:
    if name == "runc":
        raise ValueRefused("runtime name 'runc' is reserved")
    return name.strip().lower()


def _runtimes_of_json(_option: Option, value: JsonValue) -> JsonValue:
    """Read `{"crun": {"path": "/usr/bin/crun", "runtimeArgs": []}}`. A shim of containerd's (`runtimeType`) cannot be run."""
    runtimes: dict[str, JsonValue] = {}
    for name, runtime in value.items() if isinstance(value, dict) else ():
        fields = runtime if isinstance(runtime, dict) else {}
        if fields.get("runtimeType"):
            raise ValueRefused(f"runtime {name}: containerd shims (runtimeType {fields['runtimeType']}) are not supported")
        runtimes[_runtime_name(name)] = {"path": fields.get("path", ""), "arguments": fields.get("runtimeArgs") or []}
    return runtimes


def _ulimits_of_json(_option: Option, value: JsonValue) -> JsonValue:
    """Read `{"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}}`."""
    limits: list[JsonValue] = []
    for name, limit in value.items() if isinstance(value, dict) else ():
        fields = limit if isinstance(limit, dict) else {}
        limits.append(f"{name}={fields.get('Soft', 0)}:{fields.get('Hard', 0)}")
    return limits


def _size_of_json(_option: Option, value: JsonValue) -> JsonValue:
    return size(value) if isinstance(value, str) else value


def _kind(value: JsonValue) -> str:
    names = {bool: "a bool", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "null")


_FROM_TEXTS: dict[Form, Callable[[Option, Sequence[str]], JsonValue]] = {
    Form.TEXT: lambda _option, texts: texts[-1],
    Form.SWITCH: lambda option, texts: boolean(option.flag, texts[-1]),
    Form.NUMBER: _number,
    Form.BYTES: lambda _option, texts: size(texts[-1]),
    Form.ADDRESS: _one_address,
    Form.LIST: _list,
    Form.ADDRESSES: _list,
    Form.PAIRS: _pairs,
    Form.SWITCHES: _switches,
    Form.NESTED: _nested,
    Form.ULIMITS: lambda _option, texts: list(texts),
    Form.POOLS: _pools,
    Form.RUNTIMES: _runtimes,
}
_JSON_TYPES: dict[Form, type | tuple[type, ...]] = {
    Form.TEXT: str,
    Form.SWITCH: bool,
    Form.NUMBER: int,
    Form.BYTES: (int, str),
    Form.ADDRESS: str,
    Form.LIST: list,
    Form.ADDRESSES: list,
    Form.PAIRS: dict,
    Form.SWITCHES: dict,
    Form.NESTED: dict,
    Form.ULIMITS: dict,
    Form.POOLS: list,
    Form.RUNTIMES: dict,
}
_FROM_JSON: dict[Form, Callable[[Option, JsonValue], JsonValue]] = {
    Form.BYTES: _size_of_json,
    Form.ULIMITS: _ulimits_of_json,
    Form.RUNTIMES: _runtimes_of_json,
}
