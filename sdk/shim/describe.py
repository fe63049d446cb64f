"""A plan as people read it."""

import os
from collections.abc import Mapping, Sequence

from sdk.linux.mount import MountFlag
from sdk.shim.layout import ANY_ERROR, PID, STATUS, address
from sdk.shim.plan import Argument, Label, Operation, Plan, Record, Slot

_FIELDS = {address(PID): "&pid", address(STATUS): "&status"}
_LONGEST = 16
_DIRECTORY_CALLS = frozenset(("openat", "mkdirat", "mknodat", "unlinkat", "faccessat", "open_tree", "mount_setattr", "fchownat"))

_MOUNT_FLAGS = {flag.value: f"MS_{flag.name}" for flag in MountFlag}
_CLONE_FLAGS = {
    0x80: "CLONE_NEWTIME",
    0x20000: "CLONE_NEWNS",
    0x100000: "CLONE_PARENT_SETTID",
    0x2000000: "CLONE_NEWCGROUP",
    0x4000000: "CLONE_NEWUTS",
    0x8000000: "CLONE_NEWIPC",
    0x10000000: "CLONE_NEWUSER",
    0x20000000: "CLONE_NEWPID",
    0x40000000: "CLONE_NEWNET",
    0x200000000: "CLONE_INTO_CGROUP",
}
_FLAGS: Mapping[tuple[str, int], Mapping[int, str]] = {
    ("mount", 3): _MOUNT_FLAGS,
    ("unshare", 0): _CLONE_FLAGS,
    ("setns", 1): _CLONE_FLAGS,
}


def describe(plan: Plan) -> Sequence[tuple[str, str]]:
    """Return each operation as the text of a system call, with the reason for it."""
    return [(_operation(index, operation), operation.reason) for index, operation in enumerate(plan.operations)]


def _operation(index: int, operation: Operation) -> str:
    arguments = ", ".join(_argument(operation, position) for position in range(len(operation.arguments)))
    kept = f"s{operation.store.index} = " if operation.store else ""
    return f"{index:3} {kept}{operation.syscall}({arguments}){_errors(operation)}{_jump(operation)}"


def _errors(operation: Operation) -> str:
    if operation.tolerate == ANY_ERROR:
        return ", or fail"
    return f", or {os.strerror(operation.tolerate).lower()}" if operation.tolerate else ""


def _jump(operation: Operation) -> str:
    if operation.if_zero:
        return f"; if 0 go to {_target(operation.if_zero)}"
    return f"; if not 0 go to {_target(operation.if_not_zero)}" if operation.if_not_zero else ""


def _target(label: Label) -> str:
    return str(label.operation)


def _argument(operation: Operation, position: int) -> str:
    value = operation.arguments[position]
    if isinstance(value, int) and (names := _FLAGS.get((operation.syscall, position))):
        return _flags(value, names)
    if isinstance(value, Record) and operation.syscall == "clone3":
        return f"{{flags={_flags(_number(value.fields[0]), _CLONE_FLAGS)}}}"
    if value == -100 and operation.syscall in _DIRECTORY_CALLS:
        return "AT_FDCWD"
    return _value(value)


def _value(value: Argument) -> str:
    match value:
        case None:
            return "NULL"
        case Slot(index):
            return f"s{index}"
        case int():
            return _FIELDS.get(value) or (str(value) if -4096 < value < 4096 else hex(value))
        case str():
            return f'"{value}"'
        case bytes():
            return f"0x{value.hex()}" if len(value) <= _LONGEST else f"[{len(value)} bytes]"
        case Record(fields):
            return f"{{{', '.join(map(_value, fields))}}}"


def _number(value: Argument) -> int:
    return value if isinstance(value, int) else 0


def _flags(value: int, names: Mapping[int, str]) -> str:
    known = [name for flag, name in names.items() if value & flag]
    rest = value & ~sum(flag for flag in names if value & flag)
    return "|".join((*known, *([hex(rest)] if rest else []))) or "0"
