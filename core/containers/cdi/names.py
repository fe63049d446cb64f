"""Names of CDI devices, `vendor/class=device` (CDI specification: SPEC.md "Kind" and "CDI Devices")."""

import re
from typing import NamedTuple

_PART = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_DEVICE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?")


class Kind(NamedTuple):
    """Whose devices, and of what sort: `nvidia.com` and `gpu`."""

    vendor: str
    device_class: str


def parse_kind(text: str) -> Kind:
    """Return the two parts of `vendor/class`. Raises ValueError with the sentence of Docker's CDI library."""
    vendor, slash, device_class = text.partition("/")
    kind = Kind(vendor, device_class) if slash and vendor and device_class else Kind("", text)
    for called, name in (("vendor", kind.vendor), ("class", kind.device_class)):
        if not _PART.fullmatch(name):
            raise ValueError(f"invalid {called}. {_fault_of_part(name)}")
    return kind


def check_device_name(name: str) -> None:
    """Raise ValueError for a name that no device may have within its kind."""
    if not name:
        raise ValueError("invalid (empty) device name")
    if not _DEVICE.fullmatch(name):
        raise ValueError(f'invalid device name "{name}"')


def is_qualified(text: str) -> bool:
    """Tell whether a text is the whole name of a device, kind and all, and no path or anything else."""
    kind, _, device = text.partition("=")
    try:
        parse_kind(kind)
        check_device_name(device)
    except ValueError:
        return False
    return True


def qualified(kind: str, device: str) -> str:
    """Return the name by which a container asks for a device; one that is qualified already stays."""
    return device if "=" in device else f"{kind}={device}"


def _fault_of_part(name: str) -> str:
    if not name:
        return "empty name"
    if not re.match("[A-Za-z]", name):
        return f'"{name}", should start with letter'
    if not re.search(r"[A-Za-z0-9]\Z", name):
        return f'"{name}", should end with a letter or digit'
    character = next(character for character in name if not re.match("[A-Za-z0-9_.-]", character))
    return f"invalid character '{character}' in name \"{name}\""
