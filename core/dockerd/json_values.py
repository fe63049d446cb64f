"""The values of dockerd's options as `daemon.json` spells them, checked as dockerd checks them and turned into those of our settings."""

from collections.abc import Callable, Iterator

from pydantic import JsonValue

from core.dockerd.options import Form, Option
from core.dockerd.values import LARGEST, ValueRefused, check, runtime_name, size


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


def _runtimes_of_json(option: Option, value: JsonValue) -> JsonValue:
    """Read `{"crun": {"path": "/usr/bin/crun", "runtimeArgs": []}}`. A shim of containerd's (`runtimeType`) cannot be run."""
    runtimes: dict[str, JsonValue] = {}
    for name, fields in _objects(option, value):
        if kind := fields.get("runtimetype"):
            raise ValueRefused(f"runtime {name}: containerd shims (runtimeType {kind}) are not supported")
        runtimes[runtime_name(name)] = {"path": fields.get("path", ""), "arguments": fields.get("runtimeargs") or []}
    return runtimes


def _ulimits_of_json(option: Option, value: JsonValue) -> JsonValue:
    """Read `{"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}}`."""
    limits: list[JsonValue] = []
    for name, fields in _objects(option, value):
        numbers = [fields.get(key, 0) for key in ("soft", "hard")]
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int):
                raise ValueRefused(f"invalid JSON: {option.key}.{name} cannot hold {_kind(number)}: a int is expected")
        limits.append(f"{name}={numbers[0]}:{numbers[1]}")
    return limits


def _pools_of_json(option: Option, value: JsonValue) -> JsonValue:
    """Read `[{"base": "10.0.0.0/8", "size": 24}]`."""
    items = value if isinstance(value, list) else []
    return [fields for _, fields in _objects(option, {str(place): item for place, item in enumerate(items)})]


def _objects(option: Option, value: JsonValue) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """Yield the objects in an object; their keys are in lower case, for Go's decoder does not tell the cases apart."""
    for name, item in value.items() if isinstance(value, dict) else ():
        if not isinstance(item, dict):
            raise ValueRefused(f"invalid JSON: {option.key}.{name} cannot be {_kind(item)}: an object is expected")
        yield name, {key.lower(): member for key, member in item.items()}


def _switches_of_json(option: Option, value: JsonValue) -> JsonValue:
    """Read `{"buildkit": true}`."""
    for name, item in value.items() if isinstance(value, dict) else ():
        if not isinstance(item, bool):
            raise ValueRefused(f"invalid JSON: {option.key}.{name} cannot be {_kind(item)}: a bool is expected")
    return value


def _number_of_json(option: Option, value: JsonValue) -> JsonValue:
    if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
        raise ValueRefused(f"invalid JSON: {option.key} cannot be {value}: value out of range")
    return value


def _size_of_json(option: Option, value: JsonValue) -> JsonValue:
    return size(value) if isinstance(value, str) else _number_of_json(option, value)


def _kind(value: JsonValue) -> str:
    names = {bool: "a bool", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "null")


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
    Form.NUMBER: _number_of_json,
    Form.SWITCHES: _switches_of_json,
    Form.POOLS: _pools_of_json,
    Form.BYTES: _size_of_json,
    Form.ULIMITS: _ulimits_of_json,
    Form.RUNTIMES: _runtimes_of_json,
}
