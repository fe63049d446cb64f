"""The machine went down with its containers: the next daemon finds records of runs of which nothing else is left."""

import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sdk.linux.mount import umount
from sdk.linux.mountinfo import mount_table
from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def cut_power(daemon: Daemon, *containers: str) -> None:
    """Leave of a daemon and its containers what a machine that lost its power has when it is up again: the data root alone."""
    ids = set(daemon.docker("ps", "--quiet", "--no-trunc").stdout.split())
    cgroups = [path for depth in ("*/*", "*/*/*") for path in Path("/sys/fs/cgroup").glob(depth) if path.name in ids]
    pids = [int(daemon.docker("inspect", "--format", "{{.State.Pid}}", name).stdout) for name in containers]
    shims = [int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1]) for pid in pids]
    daemon.kill9()
    for pid in (*shims, *pids):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it went with its shim
    eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in (*shims, *pids)))
    for mount in reversed(list(mount_table())):
        if mount.path.startswith(str(daemon.exec_root)):
            umount(mount.path)
    shutil.rmtree(daemon.exec_root)
    for cgroup in cgroups:
        cgroup.rmdir()


def test_containers_end_with_255_and_policies_start_them_again(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    policies = {"plain": "no", "failed": "on-failure", "always": "always"}
    for name, policy in policies.items():
        daemon.docker("run", "-d", "--name", name, "--restart", policy, "busybox", "sleep", "1000")
    cut_power(daemon, *policies)
    daemon.start()

    def shown(name: str, what: str) -> str:
        return daemon.docker("inspect", "--format", f"{{{{{what}}}}}", name).stdout.strip()

    eventually(
        lambda: [shown(name, ".State.Status") for name in policies] == ["exited", "running", "running"],
        lambda: daemon.docker("ps", "-a").stdout,
    )
    assert shown("plain", ".State.ExitCode") == "255"
    finished = datetime.fromisoformat(shown("plain", ".State.FinishedAt").rstrip("Z")[:26]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - finished) < timedelta(minutes=1)
    assert [shown(name, ".State.ExitCode") for name in ("failed", "always")] == ["0", "0"]
    assert daemon.docker("ps", "-a", "--filter", "exited=255", "--format", "{{.Names}}").stdout.split() == ["plain"]
    daemon.docker("rm", "-f", *policies)
