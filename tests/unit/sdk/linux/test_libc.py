"""One checked system call: its result, and the error that names operation and path."""

import errno
import os

import pytest

from sdk.linux.libc import checked, prctl, syscall
from sdk.linux.syscalls import native_syscalls

NUMBERS = native_syscalls()


def test_a_call_gives_its_result() -> None:
    assert syscall(NUMBERS["getpid"], operation="getpid") == os.getpid()


def test_bytes_are_pointers_and_none_is_null() -> None:
    assert syscall(NUMBERS["faccessat"], -100, b"/", 0, operation="faccessat") == 0
    with pytest.raises(OSError, match="Bad address") as caught:
        syscall(NUMBERS["faccessat"], -100, None, 0, operation="faccessat")
    assert caught.value.errno == errno.EFAULT


def test_an_error_names_the_operation_and_the_path() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        syscall(NUMBERS["faccessat"], -100, b"/none", 0, operation="faccessat", path="/none")
    assert (caught.value.strerror, caught.value.filename) == ("faccessat: No such file or directory", "/none")


def test_what_went_well_is_returned_and_what_did_not_is_an_error() -> None:
    assert checked(7, "anything") == 7
    with pytest.raises(OSError, match="prctl: Invalid argument") as caught:
        prctl(-1, 0)
    assert (caught.value.errno, caught.value.filename) == (errno.EINVAL, None)
