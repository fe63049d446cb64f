"""The default profile: what it allows by capability and machine, and by a call's arguments."""

import errno

import pytest

from core.containers.process.seccomp_default import LOW_WORD, Group, default_seccomp, groups
from sdk.oci.runtime import Seccomp, SeccompArg

NOTHING: frozenset[str] = frozenset()


def always(profile: Seccomp) -> set[str]:
    """Return the calls that are allowed whatever their arguments."""
    return {name for rule in profile.syscalls if rule.action == "SCMP_ACT_ALLOW" and not rule.args for name in rule.names}


def arguments(profile: Seccomp, name: str) -> list[SeccompArg]:
    return [rule.args[0] for rule in profile.syscalls if name in rule.names and rule.args]


def passes(argument: SeccompArg, value: int) -> bool:
    assert argument.op == "SCMP_CMP_MASKED_EQ"
    return value & argument.value == argument.value_two


def test_what_no_rule_allows_is_not_permitted() -> None:
    profile = default_seccomp(NOTHING, "x86_64")
    assert (profile.default_action, profile.default_errno_ret) == ("SCMP_ACT_ERRNO", errno.EPERM)
    assert {"read", "openat", "execve", "futex"} <= always(profile)
    assert always(profile).isdisjoint({"mount", "reboot", "kexec_load", "bpf", "init_module", "add_key", "keyctl", "userfaultfd"})


@pytest.mark.parametrize(
    ("capability", "call"),
    [("CAP_SYS_ADMIN", "mount"), ("CAP_SYS_BOOT", "reboot"), ("CAP_SYS_MODULE", "init_module"), ("CAP_SYS_TIME", "settimeofday"), ("CAP_SYS_CHROOT", "chroot")],
)  # fmt: skip
def test_a_capability_brings_its_calls(capability: str, call: str) -> None:
    assert call not in always(default_seccomp(NOTHING, "x86_64"))
    assert call in always(default_seccomp(frozenset({capability}), "x86_64"))


def test_new_namespaces_need_a_capability() -> None:
    profile = default_seccomp(NOTHING, "x86_64")
    (argument,) = arguments(profile, "clone")
    new_namespaces = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
    assert [passes(argument, flag) for flag in new_namespaces] == [False] * 7
    assert passes(argument, 0x01200011), "a fork"
    (rule,) = [rule for rule in profile.syscalls if "clone3" in rule.names]
    assert (rule.action, rule.errno_ret) == ("SCMP_ACT_ERRNO", errno.ENOSYS)
    assert {"clone", "clone3", "unshare", "setns"} <= always(default_seccomp(frozenset({"CAP_SYS_ADMIN"}), "x86_64"))


@pytest.mark.parametrize("family", range(64))
def test_sockets_of_all_families_but_two(family: int) -> None:
    rules = arguments(default_seccomp(NOTHING, "x86_64"), "socket")
    assert any(passes(rule, family) for rule in rules) is (family not in (38, 40))
    assert any(passes(rule, 0xFFFF_FFFF_0000_0000 | family) for rule in rules) is (family not in (38, 40)), (
        "the kernel drops the bits above"
    )


def test_the_low_word_is_compared_whole() -> None:
    assert not any(passes(rule, 38 | 1 << 31) for rule in arguments(default_seccomp(NOTHING, "x86_64"), "socket"))
    assert LOW_WORD == 0xFFFFFFFF


def test_personalities() -> None:
    found = [(rule.op, rule.value) for rule in arguments(default_seccomp(NOTHING, "x86_64"), "personality")]
    assert found == [("SCMP_CMP_EQ", value) for value in (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)]


@pytest.mark.parametrize(
    ("machine", "call", "allowed"),
    [("x86_64", "arch_prctl", True), ("aarch64", "arch_prctl", False), ("aarch64", "arm_fadvise64_64", True), ("x86_64", "arm_fadvise64_64", False)],
)  # fmt: skip
def test_calls_of_one_machine(machine: str, call: str, allowed: bool) -> None:
    assert (call in always(default_seccomp(NOTHING, machine))) is allowed


def test_a_machine_that_is_not_known_has_no_architectures() -> None:
    assert default_seccomp(NOTHING, "riscv64").architectures == ()
    assert default_seccomp(NOTHING, "aarch64").architectures == ("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM")


def test_each_group_says_what_it_is_for_and_no_call_is_in_it_twice() -> None:
    for group in groups():
        calls = group.calls.split()
        assert group.purpose
        assert len(calls) == len(set(calls)), group.purpose


def test_a_group_applies_where_both_agree() -> None:
    group = Group(purpose="x", calls="y", capability="CAP_A", machines=("x86_64",))
    assert group.applies(frozenset({"CAP_A"}), "x86_64")
    assert not group.applies(frozenset({"CAP_A"}), "aarch64")
    assert not group.applies(NOTHING, "x86_64")
