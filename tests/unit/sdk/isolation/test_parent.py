"""A process that asked for it ends with its parent."""

import os
import select
import subprocess
import sys

CHILD = "from sdk.isolation.parent import end_with_parent; import os, time; end_with_parent(); print(os.getpid(), flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(600)"


def test_the_kernel_kills_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pidfd = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        assert select.select([pidfd], [], [], 30)[0] == [pidfd]
    os.close(pidfd)
