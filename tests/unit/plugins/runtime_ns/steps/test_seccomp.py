"""The seccomp compiler: decisions of its programs, by an interpreter of classic BPF and by the kernel."""

import ctypes
import errno
import os
import platform
import struct
from pathlib import Path

import pytest

from core.containers.process.capabilities import DEFAULT_CAPABILITIES
from core.containers.process.seccomp_default import default_seccomp, groups
from plugins.runtime_ns.steps.seccomp import AUDIT_ARCHITECTURES, compile_seccomp
from sdk.errors import InvalidArgument
from sdk.linux.syscalls import ABI, X32_BIT, syscall_numbers
from sdk.oci.runtime import Seccomp, SeccompArg, SeccompRule

ALLOW, KILL, KILL_PROCESS = 0x7FFF0000, 0x00000000, 0x80000000
EPERM, ENOSYS = 0x00050001, 0x00050000 | errno.ENOSYS
DEFAULT = default_seccomp(frozenset(DEFAULT_CAPABILITIES), "x86_64")


def run(program: bytes, number: int, args: tuple[int, ...] = (), arch: int = AUDIT_ARCHITECTURES[ABI.X86_64]) -> int:
    """Interpret a program over one struct seccomp_data."""
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, arch, 0, *(*args, *[0] * (6 - len(args))))
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator = position = 0
    while True:
        operation, if_true, if_false, operand = code[position]
        position += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x54:
                accumulator &= operand
            case 0x05:
                position += operand
            case 0x15:
                position += if_true if accumulator == operand else if_false
            case 0x25:
                position += if_true if accumulator > operand else if_false
            case 0x35:
                position += if_true if accumulator >= operand else if_false
            case 0x06:
                return operand
            case _:
                raise AssertionError(f"unknown instruction {operation:#x}")


def profile(*rules: SeccompRule, default: str = "SCMP_ACT_ERRNO", architectures: tuple[str, ...] = ()) -> Seccomp:
    return Seccomp(default_action=default, architectures=architectures, syscalls=rules)


def allow(*names: str, args: tuple[SeccompArg, ...] = ()) -> SeccompRule:
    return SeccompRule(names, "SCMP_ACT_ALLOW", args=args)


def number(name: str, abi: ABI = ABI.X86_64) -> int:
    return syscall_numbers(abi)[name]


def decide(made: Seccomp, name: str, *args: int) -> int:
    return run(compile_seccomp(made, "x86_64"), number(name), args)


class TestSearch:
    def test_every_number_gets_its_own_decision(self):
        names = [name for index, name in enumerate(sorted(syscall_numbers(ABI.X86_64))) if index % 3]
        program = compile_seccomp(profile(allow(*names)), "x86_64")
        allowed = {number(name) for name in names}
        for candidate in range(max(allowed) + 1):
            assert run(program, candidate) == (ALLOW if candidate in allowed else EPERM), candidate

    def test_calls_newer_than_the_profile_are_unknown_to_the_kernel(self):
        made = profile(allow("read", "write", "statx"))
        program = compile_seccomp(made, "x86_64")
        assert run(program, number("statx") - 1) == EPERM
        assert run(program, number("statx") + 1) == ENOSYS
        assert run(program, -1) == ENOSYS

    def test_a_permissive_profile_lets_newer_calls_through(self):
        made = profile(SeccompRule(("read",), "SCMP_ACT_KILL_PROCESS"), default="SCMP_ACT_ALLOW")
        assert decide(made, "read") == KILL_PROCESS
        assert run(compile_seccomp(made, "x86_64"), 5000) == ALLOW

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_a_profile_without_rules_has_one_answer(self, machine):
        abi = ABI.X86_64 if machine == "x86_64" else ABI.AARCH64
        program = compile_seccomp(profile(default="SCMP_ACT_ALLOW"), machine)
        assert run(program, 63, arch=AUDIT_ARCHITECTURES[abi]) == ALLOW

    def test_far_targets_are_reached(self):
        rules = [
            allow(name, args=(SeccompArg(0, index, "SCMP_CMP_EQ"), SeccompArg(1, index << 33, "SCMP_CMP_NE")))
            for index, name in enumerate(sorted(syscall_numbers(ABI.X86_64)))
        ]
        program = compile_seccomp(profile(*rules), "x86_64")
        assert len(program) // 8 > 1000
        for index, name in enumerate(sorted(syscall_numbers(ABI.X86_64))):
            assert run(program, number(name), (index, 7)) == ALLOW
            assert run(program, number(name), (index, index << 33)) == EPERM
            assert run(program, number(name), (index + 1, 7)) == EPERM


class TestArguments:
    @pytest.mark.parametrize("value", [0, 5, 0xFFFFFFFF, 0x1_0000_0000, 0x1_0000_0005, 2**64 - 1])
    @pytest.mark.parametrize(
        "argument", [0, 4, 5, 6, 0xFFFFFFFE, 0xFFFFFFFF, 0x1_0000_0000, 0x1_0000_0004, 0x1_0000_0006, 2**64 - 1]
    )
    def test_operators_compare_all_64_bits(self, argument, value):
        expected = {
            "SCMP_CMP_EQ": argument == value,
            "SCMP_CMP_NE": argument != value,
            "SCMP_CMP_LT": argument < value,
            "SCMP_CMP_LE": argument <= value,
            "SCMP_CMP_GT": argument > value,
            "SCMP_CMP_GE": argument >= value,
        }
        for operator, matches in expected.items():
            made = profile(allow("read", args=(SeccompArg(3, value, operator),)))
            assert decide(made, "read", 0, 0, 0, argument) == (ALLOW if matches else EPERM), operator

    @pytest.mark.parametrize("mask", [0, 0xF0, 0xFF00_0000_0000_0000, 0x0F00_0000_0000_000F, 2**64 - 1])
    @pytest.mark.parametrize("argument", [0, 0x10, 0xAB00_0000_0000_0010, 2**64 - 1])
    def test_masked_equality(self, mask, argument):
        made = profile(allow("read", args=(SeccompArg(0, mask, "SCMP_CMP_MASKED_EQ", 0x10),)))
        assert decide(made, "read", argument) == (ALLOW if argument & mask == 0x10 & mask else EPERM)

    def test_all_arguments_of_a_rule_must_match(self):
        made = profile(allow("read", args=(SeccompArg(0, 1, "SCMP_CMP_EQ"), SeccompArg(1, 2, "SCMP_CMP_EQ"))))
        assert decide(made, "read", 1, 2) == ALLOW
        assert decide(made, "read", 1, 3) == decide(made, "read", 0, 2) == EPERM

    def test_two_conditions_on_one_argument_are_alternatives(self):
        made = profile(allow("read", args=(SeccompArg(0, 1, "SCMP_CMP_EQ"), SeccompArg(0, 2, "SCMP_CMP_EQ"))))
        assert [decide(made, "read", value) for value in (0, 1, 2, 3)] == [EPERM, ALLOW, ALLOW, EPERM]

    def test_rules_with_arguments_come_before_the_one_without(self):
        made = profile(
            allow("ioctl"),
            SeccompRule(("ioctl",), "SCMP_ACT_ERRNO", errno_ret=5, args=(SeccompArg(1, 0x5412, "SCMP_CMP_EQ"),)),
        )
        assert decide(made, "ioctl", 0, 0x5412) == 0x00050005
        assert decide(made, "ioctl", 0, 1) == ALLOW


class TestActions:
    @pytest.mark.parametrize(
        ("action", "value"),
        [
            ("SCMP_ACT_KILL", KILL),
            ("SCMP_ACT_KILL_THREAD", KILL),
            ("SCMP_ACT_KILL_PROCESS", KILL_PROCESS),
            ("SCMP_ACT_TRAP", 0x00030000),
            ("SCMP_ACT_ERRNO", 0x0005000D),
            ("SCMP_ACT_TRACE", 0x7FF0000D),
            ("SCMP_ACT_LOG", 0x7FFC0000),
            ("SCMP_ACT_ALLOW", ALLOW),
        ],
    )
    def test_each_action_is_the_kernels(self, action, value):
        assert decide(profile(SeccompRule(("read",), action, errno_ret=13)), "read") == value

    def test_errno_zero_pretends_success(self):
        assert decide(profile(SeccompRule(("read",), "SCMP_ACT_ERRNO", errno_ret=0)), "read") == 0x00050000

    @pytest.mark.parametrize(
        "made",
        [
            profile(SeccompRule(("read",), "SCMP_ACT_NOTIFY")),
            profile(default="nonsense"),
            profile(allow("read", args=(SeccompArg(0, 1, "SCMP_CMP_XX"),))),
        ],
    )
    def test_what_cannot_be_compiled_is_refused(self, made):
        with pytest.raises(InvalidArgument, match="unsupported"):
            compile_seccomp(made, "x86_64")
        with pytest.raises(InvalidArgument, match="filters for vax"):
            compile_seccomp(profile(), "vax")


class TestArchitectures:
    def test_abis_not_listed_kill(self):
        program = compile_seccomp(profile(allow("read"), architectures=("SCMP_ARCH_X86_64",)), "x86_64")
        assert run(program, number("read", ABI.X86), arch=AUDIT_ARCHITECTURES[ABI.X86]) == KILL_PROCESS
        assert run(program, number("read", ABI.X32)) == KILL_PROCESS
        assert run(program, number("read")) == ALLOW

    def test_abis_listed_are_filtered_by_their_own_numbers(self):
        program = compile_seccomp(DEFAULT, "x86_64")
        assert number("socketcall", ABI.X86) == 102
        assert run(program, 102, arch=AUDIT_ARCHITECTURES[ABI.X86]) == ALLOW
        assert run(program, number("mount", ABI.X86), arch=AUDIT_ARCHITECTURES[ABI.X86]) == EPERM
        assert run(program, number("read", ABI.X32)) == ALLOW
        assert run(program, number("mount", ABI.X32)) == EPERM
        assert run(program, 0 | X32_BIT | 0x1000) == ENOSYS

    def test_aarch64_with_32_bit_arm(self):
        program = compile_seccomp(default_seccomp(frozenset(DEFAULT_CAPABILITIES), "aarch64"), "aarch64")
        arm = AUDIT_ARCHITECTURES[ABI.ARM]
        assert run(program, number("read", ABI.AARCH64), arch=AUDIT_ARCHITECTURES[ABI.AARCH64]) == ALLOW
        assert run(program, number("mount", ABI.AARCH64), arch=AUDIT_ARCHITECTURES[ABI.AARCH64]) == EPERM
        assert run(program, number("set_tls", ABI.ARM), arch=arm) == ALLOW
        assert run(program, number("mount", ABI.ARM), arch=arm) == EPERM
        assert run(program, 5000, arch=arm) == ENOSYS
        assert run(program, 0, arch=AUDIT_ARCHITECTURES[ABI.X86_64]) == KILL_PROCESS


class TestDefaultProfile:
    def test_it_is_small(self):
        assert len(compile_seccomp(DEFAULT, "x86_64")) // 8 < 700

    @pytest.mark.parametrize(
        "name", ["mount", "unshare", "setns", "bpf", "keyctl", "add_key", "io_uring_setup", "userfaultfd", "kexec_load"]
    )
    def test_dangerous_calls_are_refused(self, name):
        assert decide(DEFAULT, name) == EPERM

    def test_capabilities_open_their_groups(self):
        made = default_seccomp(frozenset({"CAP_SYS_ADMIN"}), "x86_64")
        assert decide(made, "mount") == decide(made, "clone", 0x10000000) == decide(made, "clone3") == ALLOW
        assert decide(made, "chroot") == EPERM
        assert decide(DEFAULT, "chroot") == ALLOW

    def test_clone_makes_no_namespaces(self):
        assert decide(DEFAULT, "clone", 0x01200011) == ALLOW
        for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
            assert decide(DEFAULT, "clone", 0x11 | flag) == EPERM
        assert decide(DEFAULT, "clone3") == ENOSYS

    def test_sockets_but_for_two_families(self):
        refused = [family for family in range(64) if decide(DEFAULT, "socket", family) != ALLOW]
        assert refused == [38, 40]

    def test_high_bits_do_not_smuggle_a_family_in(self):
        assert decide(DEFAULT, "socket", 38 | 1 << 32) == EPERM

    def test_personalities(self):
        assert [decide(DEFAULT, "personality", value) for value in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)] == [ALLOW] * 5
        assert decide(DEFAULT, "personality", 0x0400000) == EPERM

    def test_every_name_in_the_data_is_a_system_call(self):
        known = set().union(*(syscall_numbers(abi) for abi in ABI)) | {
            "getsid", "recv", "send", "epoll_ctl_old", "epoll_wait_old", "arm_fadvise64_64", "arm_sync_file_range",
        }  # fmt: skip
        unknown = {name for group in groups() for name in group.calls.split()} - known
        assert unknown == set()

    def test_compiling_is_done_once(self):
        assert compile_seccomp(DEFAULT, "x86_64") is compile_seccomp(DEFAULT, "x86_64")


@pytest.mark.skipif(not Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").exists(), reason="needs linux-libc-dev on x86_64")
@pytest.mark.parametrize(("header", "abi"), [("unistd_64.h", ABI.X86_64), ("unistd_32.h", ABI.X86)])
def test_numbers_are_those_of_the_kernels_headers(header, abi):
    lines = Path("/usr/include/x86_64-linux-gnu/asm", header).read_text().splitlines()
    defined = dict(line.split()[1:3] for line in lines if line.startswith("#define __NR_"))
    table = syscall_numbers(abi)
    assert {name: table[name] for name in table if f"__NR_{name}" in defined} == {
        name.removeprefix("__NR_"): int(value) for name, value in defined.items() if name.removeprefix("__NR_") in table
    }
    assert len(table) > 350


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls tried are x86_64's")
def test_the_kernel_takes_the_default_filter_and_obeys_it():
    """Loads the filter in a child (no_new_privs: needs no root) and tries calls."""
    program = compile_seccomp(DEFAULT, "x86_64")
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    tried = [number("mount"), number("unshare"), number("keyctl"), number("clone3"), number("getppid"), 5000]
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        libc.prctl(38, 1, 0, 0, 0)
        answers = [libc.syscall(317, 1, 0, descriptor)]
        for call in tried:
            result = libc.syscall(call, 0, 0, 0, 0, 0)
            answers.append(ctypes.get_errno() if result < 0 else 0)
        os.write(writer, repr(answers).encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    answer = os.read(reader, 4096).decode()
    os.close(reader)
    assert status == 0
    assert answer == repr([0, errno.EPERM, errno.EPERM, errno.EPERM, errno.ENOSYS, 0, errno.ENOSYS])
