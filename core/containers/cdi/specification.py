"""A vendor's file about its devices (CDI specification: SPEC.md "CDI JSON Specification"), read and checked."""

from collections.abc import Iterator
from pathlib import PurePath

import msgspec
from msgspec import Struct

from core.containers.cdi.names import check_device_name, parse_kind
from sdk.text import UNREADABLE, unreadable_reason


class DeviceNode(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A node in the container; what is not said here is as it is at `host_path`, or at `path`, on the host."""

    path: str
    host_path: str = ""
    type: str = ""
    major: int = 0
    minor: int = 0
    file_mode: int | None = None
    permissions: str = ""
    uid: int | None = None
    gid: int | None = None


class Mount(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    host_path: str
    container_path: str
    options: tuple[str, ...] = ()
    type: str = ""


class Hook(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A program that the runtime runs; `timeout` in seconds."""

    hook_name: str
    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int | None = None


class IntelRdt(Struct, frozen=True, rename={"clos_id": "closID"}):
    clos_id: str = ""


class NetDevice(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    host_interface_name: str
    name: str


class ContainerEdits(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What changes in a container that has the device."""

    env: tuple[str, ...] = ()
    device_nodes: tuple[DeviceNode, ...] = ()
    mounts: tuple[Mount, ...] = ()
    hooks: tuple[Hook, ...] = ()
    additional_gids: tuple[int, ...] = ()
    intel_rdt: IntelRdt | None = None
    net_devices: tuple[NetDevice, ...] = ()

    def __bool__(self) -> bool:
        return self != ContainerEdits()


class Device(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A number is taken as a name: YAML reads `name: 0` so."""

    name: str | int
    container_edits: ContainerEdits = ContainerEdits()
    annotations: dict[str, str] = {}

    @property
    def called(self) -> str:
        return str(self.name)


class Specification(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Devices of one kind; the edits at the top are for a container with any of them."""

    cdi_version: str
    kind: str
    devices: tuple[Device, ...]
    container_edits: ContainerEdits = ContainerEdits()
    annotations: dict[str, str] = {}


_VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0")
_HOOKS = frozenset(("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"))
_NODES = frozenset(("", "b", "c", "u", "p"))


def parse_specification(content: bytes, path: str) -> Specification:
    """Return what a file says. Raises ValueError in one sentence for what is no specification."""
    try:
        if PurePath(path).suffix == ".json":
            specification = msgspec.json.decode(content, type=Specification)
        else:
            specification = msgspec.yaml.decode(content, type=Specification)
    except UNREADABLE as error:
        reason = " ".join(unreadable_reason(error).split())
        raise ValueError(f'failed to parse CDI Spec "{path}": {reason}') from None
    try:
        _check(specification)
    except ValueError as error:
        raise ValueError(f"invalid CDI Spec: {error}") from None
    return specification


def _check(specification: Specification) -> None:
    _check_version(specification)
    parse_kind(specification.kind)
    _check_edits(specification.container_edits)
    seen: set[str] = set()
    for device in specification.devices:
        try:
            _check_device(device)
        except ValueError as error:
            raise ValueError(f'failed add device "{device.called}": {error}') from None
        if device.called in seen:
            raise ValueError(f'invalid spec, multiple device "{device.called}"')
        seen.add(device.called)
    if not seen:
        raise ValueError("invalid spec, no devices")


def _check_device(device: Device) -> None:
    check_device_name(device.called)
    _refuse(not device.container_edits, "invalid device, empty device edits")
    _check_edits(device.container_edits)


def _check_version(specification: Specification) -> None:
    version = specification.cdi_version.removeprefix("v")
    if version not in _VERSIONS:
        raise ValueError(f'invalid version "{specification.cdi_version}"')
    needed = max(_needed_versions(specification), key=_VERSIONS.index)
    if _VERSIONS.index(needed) > _VERSIONS.index(version):
        raise ValueError(f"the spec version must be at least v{needed}")


def _needed_versions(specification: Specification) -> Iterator[str]:
    """Yield the versions that brought what a specification uses (SPEC.md "Released versions")."""
    yield "0.3.0"
    all_edits = (specification.container_edits, *(device.container_edits for device in specification.devices))
    if any(mount.type for edits in all_edits for mount in edits.mounts):
        yield "0.4.0"
    named_by_number = any(device.called[:1].isdigit() for device in specification.devices)
    if named_by_number or any(node.host_path for edits in all_edits for node in edits.device_nodes):
        yield "0.5.0"
    annotated = specification.annotations or any(device.annotations for device in specification.devices)
    if annotated or "." in specification.kind.partition("/")[2]:
        yield "0.6.0"
    if any(edits.intel_rdt or edits.additional_gids for edits in all_edits):
        yield "0.7.0"
    if any(edits.net_devices for edits in all_edits):
        yield "1.1.0"


def _check_edits(edits: ContainerEdits) -> None:
    _check_env(edits.env, "invalid container edits")
    for node in edits.device_nodes:
        _refuse(not node.path, "invalid (empty) device path")
        _refuse(node.type not in _NODES, f'device "{node.path}": invalid type "{node.type}"')
        _refuse(not set(node.permissions) <= set("rwm"), f'device "{node.path}": invalid permissions "{node.permissions}"')
    for mount in edits.mounts:
        _refuse(not mount.host_path, "invalid mount, empty host path")
        _refuse(not mount.container_path, "invalid mount, empty container path")
    for hook in edits.hooks:
        _refuse(hook.hook_name not in _HOOKS, f'invalid hook name "{hook.hook_name}"')
        _refuse(not hook.path, f'invalid hook "{hook.hook_name}" with empty path')
        _check_env(hook.env, f'invalid hook "{hook.hook_name}"')


def _check_env(env: tuple[str, ...], where: str) -> None:
    for variable in env:
        _refuse(variable.find("=") <= 0, f'{where}: invalid environment variable "{variable}"')


def _refuse(condition: object, sentence: str) -> None:
    if condition:
        raise ValueError(sentence)
