"""Compile a seccomp profile (runtime-spec: config-linux.md "Seccomp") to the classic BPF program seccomp(2) takes.

The program finds a system call's decision by binary search over ranges of numbers. It is assembled from its end to its
beginning, so that every jump's target is known when the jump is made.

Where a call has rules with arguments and one without, those with arguments are asked first, in the profile's order; of several
arguments of one rule all must match, unless two are about the same argument: then each stands for itself, as runc has it.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOSYS, EPERM
from functools import lru_cache

from sdk.errors import InvalidArgument
from sdk.linux.syscalls import ABI, X32_BIT, syscall_numbers
from sdk.oci import runtime as oci

# ---------------------------------------------------------------------------------------------------------------------
# Numbers: linux/bpf_common.h, linux/seccomp.h, linux/audit.h
# ---------------------------------------------------------------------------------------------------------------------

LOAD, AND, RETURN = 0x20, 0x54, 0x06
JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_EQUAL = 0x05, 0x15, 0x25, 0x35
FARTHEST = 255
"""How far a conditional jump reaches."""
MOST_INSTRUCTIONS = 4096

NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16

KILL_PROCESS = 0x80000000
RETURN_ERRNO = 0x00050000
RETURN_ALLOW = 0x7FFF0000
ACTIONS: Mapping[str, int] = {
    "SCMP_ACT_KILL": 0x00000000,
    "SCMP_ACT_KILL_THREAD": 0x00000000,
    "SCMP_ACT_KILL_PROCESS": KILL_PROCESS,
    "SCMP_ACT_TRAP": 0x00030000,
    "SCMP_ACT_ERRNO": RETURN_ERRNO,
    "SCMP_ACT_TRACE": 0x7FF00000,
    "SCMP_ACT_LOG": 0x7FFC0000,
    "SCMP_ACT_ALLOW": RETURN_ALLOW,
}
WITH_ERRNO = frozenset(("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"))
PERMISSIVE = frozenset(("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"))

AUDIT_ARCHITECTURES: Mapping[ABI, int] = {
    ABI.X86_64: 0xC000003E,
    ABI.X86: 0x40000003,
    ABI.AARCH64: 0xC00000B7,
    ABI.ARM: 0x40000028,
}
NATIVE: Mapping[str, ABI] = {"x86_64": ABI.X86_64, "aarch64": ABI.AARCH64, "i686": ABI.X86, "armv7l": ABI.ARM}
ARM_PRIVATE_CALLS = 0x0F0000
"""Arm's own calls (cacheflush, set_tls) start here, far above the others."""
NO_CALL = 0xFFFFFFFF
"""The number a tracer sets to skip a call; not one of x32's although it has that bit."""


# ---------------------------------------------------------------------------------------------------------------------
# Decisions: what shall happen to a call
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """A system call's rules that look at arguments, and what happens when none matches."""

    alternatives: tuple[tuple[tuple[oci.SeccompArg, ...], int], ...]
    otherwise: int


Decision = int | Check
"""The filter's return value, or what to look at first."""


def _action(name: str, errno: int | None) -> int:
    try:
        value = ACTIONS[name]
    except KeyError:
        raise InvalidArgument(f"seccomp: unsupported action {name}") from None
    return value | ((EPERM if errno is None else errno) & 0xFFFF) if name in WITH_ERRNO else value


def _alternatives(args: Sequence[oci.SeccompArg]) -> list[tuple[oci.SeccompArg, ...]]:
    if len({arg.index for arg in args}) < len(args):
        return [(arg,) for arg in args]
    return [tuple(args)]


def _decision(rules: Iterable[oci.SeccompRule], default: int) -> Decision:
    conditional: list[tuple[tuple[oci.SeccompArg, ...], int]] = []
    unconditional: list[int] = []
    for rule in rules:
        value = _action(rule.action, rule.errno_ret)
        if rule.args:
            conditional.extend((args, value) for args in _alternatives(rule.args))
        else:
            unconditional.append(value)
    otherwise = unconditional[0] if unconditional else default
    return Check(tuple(conditional), otherwise) if any(value != otherwise for _, value in conditional) else otherwise


def _decisions(profile: oci.Seccomp, numbers: Mapping[str, int]) -> dict[int, Decision]:
    """Return what the profile says about each call it names; names this ABI does not have are passed over."""
    default = _action(profile.default_action, profile.default_errno_ret)
    rules: dict[int, list[oci.SeccompRule]] = {}
    for rule in profile.syscalls:
        for name in rule.names:
            if name in numbers:
                rules.setdefault(numbers[name], []).append(rule)
    return {number: _decision(found, default) for number, found in rules.items()}


# ---------------------------------------------------------------------------------------------------------------------
# Ranges of numbers with one decision
# ---------------------------------------------------------------------------------------------------------------------

Range = tuple[int, Decision]
"""Where a range starts, and its decision; it ends before the next one's start."""


def _unknown_calls(profile: oci.Seccomp) -> int:
    """Return what happens to calls newer than all the profile knows: ENOSYS, so that libraries fall back to older ones."""
    if profile.default_action in PERMISSIVE:
        return _action(profile.default_action, profile.default_errno_ret)
    return RETURN_ERRNO | ENOSYS


def _ranges(profile: oci.Seccomp, abi: ABI) -> Iterator[Range]:
    decisions = _decisions(profile, syscall_numbers(abi))
    default = _action(profile.default_action, profile.default_errno_ret)
    start = X32_BIT if abi is ABI.X32 else 0
    newest = max((number for number in decisions if number - start < ARM_PRIVATE_CALLS), default=start)
    yield start, default
    for number in sorted(decisions):
        yield number, decisions[number]
        yield number + 1, default if number < newest else _unknown_calls(profile)


def _machine_ranges(profile: oci.Seccomp, abi: ABI, abis: frozenset[ABI]) -> list[Range]:
    """Return the ranges of all numbers there are on one audit architecture, as few as possible."""
    ranges = list(_ranges(profile, abi))
    if abi is ABI.X86_64:
        ranges += _ranges(profile, ABI.X32) if ABI.X32 in abis else [(X32_BIT, KILL_PROCESS)]
    ranges.append((NO_CALL, _unknown_calls(profile)))
    last_of_start = dict(ranges)
    merged: list[Range] = []
    for start in sorted(last_of_start):
        if not merged or merged[-1][1] != last_of_start[start]:
            merged.append((start, last_of_start[start]))
    return merged


# ---------------------------------------------------------------------------------------------------------------------
# Assembly, from the end to the beginning
# ---------------------------------------------------------------------------------------------------------------------

Label = int
"""A place in the program, counted from its end."""


@dataclass(slots=True)
class Assembler:
    """A program under construction. Each method puts something before what is there, and returns where it is."""

    reversed_code: list[bytes] = field(default_factory=list)
    _returns: dict[int, Label] = field(default_factory=dict)
    _checks: dict[Check, Label] = field(default_factory=dict)

    def _emit(self, code: int, operand: int, if_true: int = 0, if_false: int = 0) -> Label:
        self.reversed_code.append(struct.pack("=HBBI", code, if_true, if_false, operand))
        return len(self.reversed_code) - 1

    def _distance(self, label: Label) -> int:
        return len(self.reversed_code) - 1 - label

    def _near(self, label: Label, reserve: int) -> Label:
        """Return a place a conditional jump can reach that leads to `label`, even if `reserve` instructions come in between."""
        return label if self._distance(label) + reserve <= FARTHEST else self._emit(JUMP, self._distance(label))

    def load(self, offset: int) -> Label:
        return self._emit(LOAD, offset)

    def mask(self, bits: int) -> Label:
        return self._emit(AND, bits)

    def fall_into(self, label: Label) -> None:
        """Make sure that what is put before next goes on at `label`."""
        if self._distance(label):
            self._emit(JUMP, self._distance(label))

    def branch(self, code: int, operand: int, if_true: Label, if_false: Label) -> Label:
        near_true = self._near(if_true, 1)
        near_false = self._near(if_false, 0)
        return self._emit(code, operand, self._distance(near_true), self._distance(near_false))

    def give(self, value: int) -> Label:
        """Return from the filter; uses an instruction that does so already when it is near."""
        known = self._returns.get(value)
        if known is None or self._distance(known) > FARTHEST // 2:
            known = self._returns[value] = self._emit(RETURN, value)
        return known

    def decide(self, decision: Decision) -> Label:
        if isinstance(decision, int):
            return self.give(decision)
        if decision not in self._checks:
            self._checks[decision] = self._check(decision)
        return self._checks[decision]

    def _check(self, check: Check) -> Label:
        label = self.give(check.otherwise)
        for args, value in reversed(check.alternatives):
            matched, failed = self.give(value), label
            for arg in reversed(args):
                matched = self._compare(arg, matched, failed)
            label = matched
        return label

    def _compare(self, arg: oci.SeccompArg, yes: Label, no: Label) -> Label:
        match arg.op:
            case "SCMP_CMP_EQ":
                return self._equal(arg.index, arg.value, yes, no)
            case "SCMP_CMP_NE":
                return self._equal(arg.index, arg.value, no, yes)
            case "SCMP_CMP_GT":
                return self._greater(arg.index, arg.value, yes, no, JUMP_GREATER)
            case "SCMP_CMP_GE":
                return self._greater(arg.index, arg.value, yes, no, JUMP_GREATER_EQUAL)
            case "SCMP_CMP_LE":
                return self._greater(arg.index, arg.value, no, yes, JUMP_GREATER)
            case "SCMP_CMP_LT":
                return self._greater(arg.index, arg.value, no, yes, JUMP_GREATER_EQUAL)
            case "SCMP_CMP_MASKED_EQ":
                return self._masked_equal(arg, yes, no)
        raise InvalidArgument(f"seccomp: unsupported operator {arg.op}")

    def _equal(self, index: int, value: int, yes: Label, no: Label) -> Label:
        low = self._half_equal(_low(index), value & 0xFFFFFFFF, 0xFFFFFFFF, yes, no)
        return self._half_equal(_high(index), value >> 32, 0xFFFFFFFF, low, no)

    def _masked_equal(self, arg: oci.SeccompArg, yes: Label, no: Label) -> Label:
        mask, value = arg.value, arg.value_two & arg.value
        label = self._half_equal(_low(arg.index), value & 0xFFFFFFFF, mask & 0xFFFFFFFF, yes, no)
        if mask >> 32:
            label = self._half_equal(_high(arg.index), value >> 32, mask >> 32, label, no)
        return label

    def _half_equal(self, offset: int, value: int, mask: int, yes: Label, no: Label) -> Label:
        self.branch(JUMP_EQUAL, value, yes, no)
        if mask != 0xFFFFFFFF:
            self.mask(mask)
        return self.load(offset)

    def _greater(self, index: int, value: int, yes: Label, no: Label, low_code: int) -> Label:
        self.branch(low_code, value & 0xFFFFFFFF, yes, no)
        low = self.load(_low(index))
        equal = self.branch(JUMP_EQUAL, value >> 32, low, no)
        self.branch(JUMP_GREATER, value >> 32, yes, equal)
        return self.load(_high(index))

    def search(self, ranges: Sequence[Range]) -> Label:
        """Put a balanced tree of comparisons over the ranges; the number is loaded already."""
        if len(ranges) == 1:
            return self.decide(ranges[0][1])
        middle = len(ranges) // 2
        upper = self.search(ranges[middle:])
        lower = self.search(ranges[:middle])
        return self.branch(JUMP_GREATER_EQUAL, ranges[middle][0], upper, lower)

    def program(self) -> bytes:
        """Return the finished program."""
        if len(self.reversed_code) > MOST_INSTRUCTIONS:
            raise InvalidArgument(
                f"seccomp: the profile needs {len(self.reversed_code)} instructions, the kernel takes {MOST_INSTRUCTIONS}"
            )
        return b"".join(reversed(self.reversed_code))


def _low(index: int) -> int:
    return ARGUMENTS_OFFSET + 8 * index


def _high(index: int) -> int:
    return _low(index) + 4


# ---------------------------------------------------------------------------------------------------------------------
# The whole program
# ---------------------------------------------------------------------------------------------------------------------


def _abis(profile: oci.Seccomp, native: ABI) -> frozenset[ABI]:
    return frozenset((native, *(abi for abi in ABI if abi in profile.architectures)))


@lru_cache(maxsize=64)
def compile_seccomp(profile: oci.Seccomp, machine: str) -> bytes:
    """Return the program (an array of struct sock_filter) for a machine (uname -m); cached. Raises InvalidArgument.

    A call made through an ABI the profile does not list kills the process.
    """
    if machine not in NATIVE:
        raise InvalidArgument(f"seccomp: filters for {machine} are not supported")
    native = NATIVE[machine]
    abis = _abis(profile, native)
    assembler = Assembler()
    label = assembler.give(KILL_PROCESS)
    others = [abi for abi in AUDIT_ARCHITECTURES if abi in abis and abi is not native]
    for abi in (*others, native):
        assembler.fall_into(assembler.search(_machine_ranges(profile, abi, abis)))
        tree = assembler.load(NUMBER_OFFSET)
        label = assembler.branch(JUMP_EQUAL, AUDIT_ARCHITECTURES[abi], tree, label)
    assembler.load(ARCHITECTURE_OFFSET)
    return assembler.program()
