"""Device rules on cgroup version 2: a BPF program that the kernel asks (runtime-spec: config-linux.md "Allowed Device list")."""

import ctypes
import os
import struct
from collections.abc import Sequence

from plugins.runtime_ns.cgroups.device_rules import with_defaults
from sdk.linux.libc import syscall
from sdk.linux.syscalls import native_syscalls
from sdk.oci.runtime import DeviceRule

_PROG_LOAD, _PROG_ATTACH = 5, 8
_CGROUP_DEVICE_PROGRAM, _CGROUP_DEVICE_ATTACH = 15, 6
_ALLOW_MULTI = 2

_TYPES = {"b": 1, "c": 2}
_ACCESS = {"m": 1, "r": 2, "w": 4}
_ANY_ACCESS = 7

_R0, _R1, _R2, _R3, _R4, _R5, _R6 = range(7)
_LOAD_WORD = 0x61
_MOVE, _MOVE_32, _MOVE_NUMBER = 0xBF, 0xBC, 0xB7
_AND_NUMBER, _SHIFT_RIGHT_NUMBER = 0x54, 0x74
_JUMP_NOT_EQUAL, _JUMP_EQUAL = 0x55, 0x15
_EXIT = 0x95


def _instruction(code: int, target: int = 0, source: int = 0, offset: int = 0, number: int = 0) -> bytes:
    return struct.pack("<BBhi", code, source << 4 | target, offset, number)


_PROLOGUE = (
    _instruction(_LOAD_WORD, _R2, _R1, 0),
    _instruction(_MOVE_32, _R3, _R2),
    _instruction(_AND_NUMBER, _R2, number=0xFFFF),
    _instruction(_SHIFT_RIGHT_NUMBER, _R3, number=16),
    _instruction(_LOAD_WORD, _R4, _R1, 4),
    _instruction(_LOAD_WORD, _R5, _R1, 8),
)
"""Registers 2 to 5: type, access, major, minor."""


def assemble(rules: Sequence[DeviceRule]) -> bytes:
    """Return the program: the last rule that speaks of a request decides it; without one it is refused."""
    program = list(_PROLOGUE)
    for rule in reversed(with_defaults(rules)):
        tests = _tests(rule)
        program += _aimed(tests, _answer(allow=rule.allow))
        if not tests:  # it decides everything; the kernel refuses code that is never reached
            return b"".join(program)
    return b"".join((*program, *_answer(allow=False)))


def _answer(*, allow: bool) -> tuple[bytes, bytes]:
    return _instruction(_MOVE_NUMBER, _R0, number=int(allow)), _instruction(_EXIT)


def _tests(rule: DeviceRule) -> Sequence[tuple[bytes, ...]]:
    """Return what must hold for the rule to speak of a request: each ends in a jump that is taken when it does not."""
    tests: list[tuple[bytes, ...]] = []
    if rule.type in _TYPES:
        tests.append(_unless(_R2, _TYPES[rule.type]))
        if rule.major is not None:
            tests.append(_unless(_R4, rule.major))
        if rule.minor is not None:
            tests.append(_unless(_R5, rule.minor))
    access = sum(_ACCESS[letter] for letter in rule.access)
    if access != _ANY_ACCESS:
        tests.append(_outside(access) if rule.allow else _without(access))
    return tests


def _unless(register: int, value: int) -> tuple[bytes, ...]:
    return (_instruction(_JUMP_NOT_EQUAL, register, number=value),)


def _outside(access: int) -> tuple[bytes, ...]:
    """An allowing rule does not speak of requests that want more than it gives."""
    rest = _ANY_ACCESS & ~access
    masked = _instruction(_MOVE_32, _R6, _R3), _instruction(_AND_NUMBER, _R6, number=rest)
    return (*masked, _instruction(_JUMP_NOT_EQUAL, _R6, number=0))


def _without(access: int) -> tuple[bytes, ...]:
    """A denying rule does not speak of requests that want nothing of what it takes."""
    masked = _instruction(_MOVE_32, _R6, _R3), _instruction(_AND_NUMBER, _R6, number=access)
    return (*masked, _instruction(_JUMP_EQUAL, _R6, number=0))


def _aimed(tests: Sequence[tuple[bytes, ...]], answer: tuple[bytes, bytes]) -> Sequence[bytes]:
    """Return tests and answer with every test's jump, its last instruction, leading behind the answer."""
    code = [instruction for test in tests for instruction in test]
    end = len(code) + len(answer)
    position = -1
    for test in tests:
        position += len(test)
        code[position] = code[position][:2] + struct.pack("<h", end - position - 1) + code[position][4:]
    return (*code, *answer)


class DevicePrograms:
    """Loads programs, each once, and attaches them to cgroups."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[DeviceRule, ...], int] = {}

    def attach(self, directory: str, rules: tuple[DeviceRule, ...]) -> None:
        """Make the cgroup obey the rules. Raises OSError."""
        if rules not in self._loaded:
            self._loaded[rules] = load(assemble(rules))
        cgroup = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _bpf(_PROG_ATTACH, struct.pack("<IIII", cgroup, self._loaded[rules], _CGROUP_DEVICE_ATTACH, _ALLOW_MULTI), "attach")
        finally:
            os.close(cgroup)

    def close(self) -> None:
        """Give the programs up; cgroups keep theirs."""
        for descriptor in self._loaded.values():
            os.close(descriptor)
        self._loaded.clear()


def load(program: bytes) -> int:
    """Return a descriptor of the loaded program, which the kernel makes close-on-exec. Raises OSError."""
    instructions = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(b"Apache-2.0")
    attributes = struct.pack(
        "<IIQQ", _CGROUP_DEVICE_PROGRAM, len(program) // 8, ctypes.addressof(instructions), ctypes.addressof(licence)
    )
    return _bpf(_PROG_LOAD, attributes + bytes(48), "load")


def _bpf(command: int, attributes: bytes, operation: str) -> int:
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return syscall(native_syscalls()["bpf"], command, buffer, len(attributes), operation=f"bpf {operation} device rules")
