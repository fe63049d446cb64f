"""Device rules as BPF, run here by a small interpreter."""

import struct

import pytest

from plugins.runtime_ns.cgroups.device_program import assemble
from plugins.runtime_ns.cgroups.device_rules import with_defaults
from sdk.oci.runtime import DeviceRule

DENY_ALL = DeviceRule(allow=False)
BLOCK, CHARACTER = 1, 2
MKNOD, READ, WRITE = 1, 2, 4


def allowed(rules: tuple[DeviceRule, ...], kind: int, major: int, minor: int, access: int) -> bool:
    """Run the program for one request."""
    context = struct.pack("<III", access << 16 | kind, major, minor)
    program = assemble(rules)
    registers = [0] * 11
    position = 0
    while True:
        code, both, offset, number = struct.unpack_from("<BBhi", program, position * 8)
        target, source = both & 15, both >> 4
        position += 1
        match code:
            case 0x61:
                registers[target] = struct.unpack_from("<I", context, offset)[0]
            case 0xBC:
                registers[target] = registers[source]
            case 0xB7:
                registers[target] = number
            case 0x54:
                registers[target] &= number
            case 0x74:
                registers[target] >>= number
            case 0x55 if registers[target] != number:
                position += offset
            case 0x15 if registers[target] == number:
                position += offset
            case 0x95:
                return bool(registers[0])


@pytest.mark.parametrize(
    ("kind", "major", "minor", "access", "answer"),
    [
        (CHARACTER, 1, 3, READ | WRITE, True),
        (CHARACTER, 136, 77, READ, True),
        (CHARACTER, 10, 229, READ, False),
        (BLOCK, 8, 0, READ, False),
        (BLOCK, 8, 0, MKNOD, True),
        (BLOCK, 1, 3, READ, False),
    ],
)
def test_defaults_only(kind: int, major: int, minor: int, access: int, answer: bool) -> None:
    assert allowed((DENY_ALL,), kind, major, minor, access) is answer


def test_an_allowing_rule_gives_no_more_than_it_says() -> None:
    rules = (DENY_ALL, DeviceRule(allow=True, type="b", major=8, access="r"))
    assert allowed(rules, BLOCK, 8, 1, READ)
    assert not allowed(rules, BLOCK, 8, 1, WRITE)
    assert not allowed(rules, BLOCK, 8, 1, READ | WRITE)


def test_a_later_rule_wins() -> None:
    rules = (DeviceRule(allow=True), DeviceRule(allow=False, type="b", major=8, minor=1, access="w"))
    assert allowed(rules, BLOCK, 8, 1, READ)
    assert not allowed(rules, BLOCK, 8, 1, READ | WRITE)
    assert allowed(rules, BLOCK, 8, 2, WRITE)


def test_allowing_everything_needs_no_defaults() -> None:
    everything = (DeviceRule(allow=True),)
    assert with_defaults(everything) == everything
    assert allowed(everything, BLOCK, 200, 200, READ | WRITE | MKNOD)
