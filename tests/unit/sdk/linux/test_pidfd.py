"""Processes by descriptor, living and ended."""

import os
import signal
import subprocess

import pytest

from sdk.linux.pidfd import await_end, open_process, send_signal, take_descriptor


def test_a_process_that_has_ended_is_none_and_gets_no_signal() -> None:
    child = subprocess.Popen(["sleep", "60"])
    pidfd = open_process(child.pid)
    assert pidfd is not None
    try:
        assert not await_end(pidfd, 0)
        send_signal(pidfd, signal.SIGKILL)
        assert await_end(pidfd, 30)
        child.wait()
        send_signal(pidfd, signal.SIGKILL)
        with pytest.raises(ProcessLookupError):
            take_descriptor(pidfd, 0)
    finally:
        os.close(pidfd)
    assert open_process(child.pid) is None


def test_another_process_s_descriptor_is_taken_and_closed_at_exec() -> None:
    with open("/dev/null", "rb") as null:
        child = subprocess.Popen(["sleep", "60"], stdin=null)
    pidfd = os.pidfd_open(child.pid)
    try:
        taken = take_descriptor(pidfd, 0)
        assert os.path.samestat(os.fstat(taken), os.stat("/dev/null"))
        assert not os.get_inheritable(taken)
        os.close(taken)
        with pytest.raises(OSError, match="pidfd_getfd"):
            take_descriptor(pidfd, 999)
    finally:
        child.kill()
        child.wait()
        os.close(pidfd)
