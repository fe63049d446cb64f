"""A process that asked for it ends with its parent."""

import os
import select
import socket
import subprocess
import sys

from sdk.isolation.parent import maker_of

CHILD = "from sdk.isolation.parent import end_with_parent; import os, time; end_with_parent(os.getppid()); print(os.getpid(), flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(600)"


def test_the_kernel_kills_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pidfd = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        assert select.select([pidfd], [], [], 30)[0] == [pidfd]
    os.close(pidfd)


def test_one_whose_parent_has_ended_before_ends_at_once() -> None:
    """The kernel sends no signal for what was before."""
    orphan = """
import os, time
from sdk.isolation.parent import end_with_parent
parent = os.getppid()
print("begun", flush=True)
while os.getppid() == parent:
    time.sleep(0.01)
end_with_parent(parent)
print("lives on", flush=True)
"""
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {orphan!r}]); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as begun:
        assert begun.stdout is not None
        assert begun.stdout.readline() == b"begun\n"
        begun.kill()
        assert begun.communicate(timeout=30) == (b"", b"the process that began this one has ended\n")


def test_who_made_a_pair_is_known() -> None:
    here, there = socket.socketpair()
    with here, there:
        assert maker_of(here) == maker_of(there) == os.getpid()
