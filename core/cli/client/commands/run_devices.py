"""Devices that a driver of the daemon finds: `--gpus`, and `--device VENDOR/CLASS=NAME`."""

import csv
import re
from collections.abc import Iterable, Iterator

import typer
from msgspec.structs import replace

from core.containers.cdi.names import is_qualified
from sdk.engine.config import DeviceRequest


def device_requests(devices: Iterable[str] | None, gpus: Iterable[str] | None) -> Iterator[DeviceRequest]:
    """Yield what is asked for by `--gpus` and by qualified names. A wrong word is an error of usage."""
    yield from map(_gpus, gpus or ())
    if names := tuple(filter(is_qualified, devices or ())):
        yield DeviceRequest(driver="cdi", device_ids=names)


def _gpus(text: str) -> DeviceRequest:
    """Return `--gpus all`, a number, or KEY=VALUE,... of count, device, driver, capabilities and options."""
    request = DeviceRequest(capabilities=(("gpu",),))
    for field in _fields(text):
        key, assigned, value = field.partition("=")
        request = _with(request, key, value, field) if assigned else replace(request, count=_count(field))
    return request if request.count or request.device_ids else replace(request, count=1)


def _fields(text: str) -> list[str]:
    try:
        return next(csv.reader([text])) or [""]
    except csv.Error as error:
        raise typer.BadParameter(f"invalid gpus: {error}") from None


def _with(request: DeviceRequest, key: str, value: str, field: str) -> DeviceRequest:
    match key:
        case "count":
            return replace(request, count=_count(value))
        case "device":
            return replace(request, device_ids=tuple(value.split(",")))
        case "driver":
            return replace(request, driver=value)
        case "capabilities":
            return replace(request, capabilities=((*value.split(","), "gpu"),))
        case "options":
            return replace(request, options=dict(option.partition("=")[::2] for option in value.split(",")))
        case _:
            raise typer.BadParameter(f"unexpected key '{key}' in '{field}'")


def _count(text: str) -> int:
    if text == "all":
        return -1
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise typer.BadParameter(f'count ({text}) must be either "all" or an integer')
    return int(text)
