"""Docker's seccomp profile files as the runtime specification's profiles."""

import json

import pytest

from core.containers.process.seccomp_profile import load_profile
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Seccomp, SeccompArg, SeccompRule

NONE: frozenset[str] = frozenset()


def load(profile: object, capabilities: frozenset[str] = NONE, kernel: str = "6.1.0-13-cloud") -> Seccomp | None:
    return load_profile(json.dumps(profile), capabilities, "x86_64", kernel)


def rules(*syscalls: dict[str, object], **given: object) -> tuple[str, ...]:
    loaded = load({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": list(syscalls)}, **given)
    return tuple(name for rule in loaded.syscalls for name in rule.names)


def test_plain_rules():
    loaded = load(
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [
                {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": None, "comment": "x", "includes": {}, "excludes": {}},
                {
                    "name": "clone",
                    "action": "SCMP_ACT_ERRNO",
                    "errnoRet": 1,
                    "args": [{"index": 0, "value": 2114060288, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ"}],
                },
            ],
        },
    )
    assert loaded == Seccomp(
        default_action="SCMP_ACT_ERRNO",
        default_errno_ret=38,
        architectures=("SCMP_ARCH_X86_64",),
        syscalls=(
            SeccompRule(("read",), "SCMP_ACT_ALLOW"),
            SeccompRule(("clone",), "SCMP_ACT_ERRNO", 1, (SeccompArg(0, 2114060288, "SCMP_CMP_MASKED_EQ", 7),)),
        ),
    )


def test_the_map_of_architectures_gives_this_machines():
    loaded = load(
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "archMap": [
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
            ],
        },
    )
    assert loaded.architectures == ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")


def test_conditions_on_capabilities():
    mount = {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}
    clone = {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}}
    assert rules(mount, clone) == ("clone",)
    assert rules(mount, clone, capabilities=frozenset({"CAP_SYS_ADMIN"})) == ("mount",)


def test_conditions_on_the_machine():
    here = {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}}
    there = {"names": ["set_tls"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm"]}}
    not_here = {"names": ["x"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}}
    assert rules(here, there, not_here) == ("arch_prctl",)


def test_conditions_on_the_kernel():
    ptrace = {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}}
    assert rules(ptrace) == ("ptrace",)
    assert rules(ptrace, kernel="4.4.0") == ()


def test_an_empty_profile_filters_nothing():
    assert load({}) is None


@pytest.mark.parametrize("version", ["", "4", "4.", ".8", "v4.8", "\u0664.\u0668", "4." + "8" * 5000, "4" * 5000 + ".8"])
def test_versions_of_a_kernel_that_are_none(version: str):
    """Thousands of digits were refused in Python's words."""
    ptrace = {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": version or "x"}}
    with pytest.raises(InvalidArgument, match=r"^Decoding seccomp profile failed: invalid kernel version: .{1,515}$"):
        rules(ptrace)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"defaultAction": 1}',
        '{"syscalls": [{"args": [{"value": -1.5}]}]}',
        '{"defaultAction": "\udc80"}',
        '{"x": ' + "[" * 100_000,
    ],
)
def test_what_cannot_be_read(text: str):
    """Values nested deeply, and lone surrogates, were refused in Python's words."""
    with pytest.raises(InvalidArgument, match=r"^Decoding seccomp profile failed: "):
        load_profile(text, NONE)


def test_contradictions():
    with pytest.raises(InvalidArgument, match="both 'architectures' and 'archMap'"):
        load({"architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]})
    with pytest.raises(InvalidArgument, match="both 'name' and 'names'"):
        load({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"name": "a", "names": ["b"], "action": "SCMP_ACT_ALLOW"}]})
