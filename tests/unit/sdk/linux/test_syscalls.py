"""The table of system calls, against numbers of the kernel's headers."""

import pytest

from sdk.linux.syscalls import ABI, native_syscalls, syscall_numbers


@pytest.mark.parametrize(
    ("abi", "name", "number"),
    [
        (ABI.X86_64, "read", 0),
        (ABI.X86_64, "clone3", 435),
        (ABI.X86, "read", 3),
        (ABI.AARCH64, "read", 63),
        (ABI.ARM, "read", 3),
        (ABI.X32, "read", 0x40000000),
        (ABI.X32, "ptrace", 0x40000000 + 521),
    ],
)
def test_a_call_has_its_number(abi: ABI, name: str, number: int) -> None:
    assert syscall_numbers(abi)[name] == number


def test_a_call_that_an_architecture_has_not_got_is_missing() -> None:
    assert "open" not in syscall_numbers(ABI.AARCH64)
    assert "socketcall" not in syscall_numbers(ABI.X86_64)


def test_no_two_calls_of_an_architecture_have_one_number() -> None:
    for abi in set(ABI) - {ABI.ARM}:  # where sync_file_range2 has two names
        numbers = list(syscall_numbers(abi).values())
        assert len(numbers) == len(set(numbers)), abi


def test_a_machine_is_known_by_its_name() -> None:
    assert native_syscalls("x86_64") == syscall_numbers(ABI.X86_64)
    assert native_syscalls("armv7l")["read"] == 3
    with pytest.raises(KeyError):
        native_syscalls("vax")
