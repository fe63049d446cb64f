"""Device nodes, and the links every program expects in /dev (runtime-spec: config-linux.md "Default Devices")."""

import errno
import os
import stat

from plugins.runtime_ns.constants import AT_FDCWD
from plugins.runtime_ns.paths import ensure_parent
from plugins.runtime_ns.steps.mount_options import parse_options
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Device, Spec
from sdk.shim.plan import ANY_ERROR, Label, Plan

DEFAULT_DEVICES = (
    Device("/dev/null", "c", 1, 3),
    Device("/dev/zero", "c", 1, 5),
    Device("/dev/full", "c", 1, 7),
    Device("/dev/random", "c", 1, 8),
    Device("/dev/urandom", "c", 1, 9),
    Device("/dev/tty", "c", 5, 0),
)
_LINKS = (
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("pts/ptmx", "/dev/ptmx"),
    ("/proc/kcore", "/dev/core"),
)
_KINDS = {"c": stat.S_IFCHR, "u": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO}


def make_devices(plan: Plan, spec: Spec) -> None:
    """Add the nodes and links. A /dev bound from the host has them already, and is left alone."""
    if any(mount.destination.rstrip("/") == "/dev" and parse_options(mount).is_bind for mount in spec.mounts):
        return
    named = {device.path for device in spec.linux.devices}
    for device in DEFAULT_DEVICES:
        if device.path not in named:
            _make_node(plan, device, tolerate=errno.EEXIST)
    for device in spec.linux.devices:
        _make_named(plan, device)
    for target, link in _LINKS:
        plan.call("symlinkat", target, AT_FDCWD, link, why="what programs expect in /dev", tolerate=errno.EEXIST)


def _make_named(plan: Plan, device: Device) -> None:
    if os.path.dirname(device.path) != "/dev":
        ensure_parent(plan, device.path)
    there = Label()
    plan.call("faccessat", AT_FDCWD, device.path, os.F_OK, why="nothing to make if it is there", tolerate=ANY_ERROR, if_zero=there)
    _make_node(plan, device)
    plan.place(there)


def _make_node(plan: Plan, device: Device, tolerate: int = 0) -> None:
    if device.type not in _KINDS:
        raise InvalidArgument(f'device {device.path}: unknown type "{device.type}"')
    mode = _KINDS[device.type] | stat.S_IMODE(device.file_mode)
    number = os.makedev(device.major, device.minor)
    complaint = f"error creating device node {device.path}: {{error}}"
    plan.call("mknodat", AT_FDCWD, device.path, mode, number, why=f"device {device.path}", complaint=complaint, tolerate=tolerate)
    if device.uid or device.gid:
        plan.call("fchownat", AT_FDCWD, device.path, device.uid, device.gid, 0, why="its owner", complaint=complaint)
