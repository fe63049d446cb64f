"""The values of dockerd's options, from text, checked as dockerd checks them and turned into those of our settings."""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from pydantic import JsonValue

from core.defaults import is_url
from core.dockerd.flags import FlagError, boolean, shown
from core.dockerd.options import Form, Option
from core.sizes import binary_size

_NUMBER = re.compile(r"[+-]?(?:0x[0-9a-f]+|0b[01]+|0o?(?P<octal>[0-7]+)|0|[1-9][0-9]*)", re.IGNORECASE)
_DIGITS = 80  # more than 64 bits have in any base, fewer than Python refuses to read
LARGEST = 2**63 - 1
"""The largest number that dockerd reads."""
_DOMAIN = re.compile(r"(?:[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)*[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.?")


class ValueRefused(Exception):
    """A value that dockerd would refuse; the message is dockerd's."""


def from_texts(option: Option, texts: Sequence[str]) -> JsonValue:
    """Return the value of an option that was given on the command line. Raises FlagError."""
    try:
        return _FROM_TEXTS[option.form](option, texts)
    except ValueRefused as refused:
        raise FlagError(f'invalid argument "{texts[-1]}" for "{shown(option.flag)}" flag: {refused}') from None


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
            return _registry(text)
    return text


def size(text: str) -> int:
    """Return the bytes of a size such as 64m or 1.5GiB. Raises ValueRefused."""
    count = binary_size(text)
    if count is None:
        raise ValueRefused(f"invalid size: '{text}'")
    return count


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
    if scheme == "tcp" and not is_url(f"tcp://{rest}"):
        raise ValueRefused(f"invalid bind address ({text}): invalid port")
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


def _registry(text: str) -> str:
    """Return a registry or network as registries are compared with it; the scheme of a URL is dropped, as dockerd does."""
    name = text.removeprefix("http://").removeprefix("https://").rstrip("/") if "://" in text else text
    if name.startswith("-") or name.endswith("-"):
        raise ValueRefused(f"invalid index name ({name}). Cannot begin or end with a hyphen")
    if "://" in name:
        raise ValueRefused(f"insecure registry {name} should not contain '://'")
    if not name or not (is_url(f"//{name}") if "/" not in name else _is_network(name)):
        raise ValueRefused(f'insecure registry {name} is not valid: invalid host "{name}"')
    return name


def _is_network(text: str) -> bool:
    try:
        return bool(ip_network(text, strict=False))
    except ValueError:
        return False


def _mirror(text: str) -> str:
    if not is_url(text):
        raise ValueRefused(f'invalid mirror: "{text}" is not a valid URI')
    url = urlsplit(text)
    schemes = "must use either 'https://' or 'http://'"
    if "://" not in text.lstrip(":"):
        raise ValueRefused(f'invalid mirror: no scheme specified for "{text}": {schemes}')
    if url.scheme not in ("http", "https"):
        raise ValueRefused(f'invalid mirror: unsupported scheme "{url.scheme}" in "{text}": {schemes}')
    if not url.hostname:
        raise ValueRefused(f'invalid mirror: "{text}" is not a valid URI')
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
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueRefused(f"invalid runtime option: '{text}': must be of the form name=value")
    if name not in ("native.cgroupdriver", "isolation"):
        raise ValueRefused(f"unknown option: '{name}'")
    if name == "isolation":
        raise ValueRefused("option 'isolation' is only supported on windows")
    if value not in ("", "cgroupfs", "systemd"):
        raise ValueRefused(f"native.cgroupdriver option {value} not supported")


def _number(_option: Option, texts: Sequence[str]) -> JsonValue:
    text = texts[-1]
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueRefused(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    number = int(text[:_DIGITS], 8 if match["octal"] else 0)
    if not -LARGEST - 1 <= number <= LARGEST:
        raise ValueRefused(f'strconv.ParseInt: parsing "{text}": value out of range')
    return number


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
        if fields.keys() != {"base", "size"} or not re.fullmatch("[0-9]{1,3}", fields["size"]):
            raise ValueRefused(f"invalid field {text}: must be of the form base=SUBNET,size=NUMBER")
        pools.append({"base": fields["base"], "size": int(fields["size"])})
    return pools


def _runtimes(_option: Option, texts: Sequence[str]) -> JsonValue:
    runtimes: dict[str, JsonValue] = {}
    for text in texts:
        name, path = _pair(text)
        if not name or not path:
            raise ValueRefused(f"invalid runtime argument: {text}")
        runtimes[runtime_name(name)] = {"path": path}
    return runtimes


def runtime_name(name: str) -> str:
    """Return the name that a runtime is known by. Raises ValueRefused."""
    if name == "runc":
        raise ValueRefused("runtime name 'runc' is reserved")
    return name.strip().lower()


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
