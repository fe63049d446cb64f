"""Containers that run out of memory: told when it happens, whichever process the kernel kills, and also where it may not kill."""

import json
import time
from itertools import groupby
from urllib.parse import quote

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

HUNGRY = "tail /dev/zero"
HUNGRY_ITSELF = "x=many; while :; do x=$x$x; done"
"""Uses memory in the program alone: where the kernel may not kill, a system call fails when there is none left."""


def actions(daemon: Daemon, name: str) -> list[str]:
    filters = json.dumps({"container": [name], "event": ["start", "oom", "die"]})
    _, lines = daemon.request("GET", f"/events?since=1&until={time.time():.6f}&filters={quote(filters)}")
    told = [json.loads(line)["Action"] for line in lines.splitlines()]
    return [action for action, _ in groupby(told)]  # the kernel may tell of one shortage twice


def killed(daemon: Daemon, name: str) -> list[str]:
    return daemon.docker("inspect", "-f", "{{.State.Status}} {{.State.OOMKilled}}", name).stdout.split()


def test_a_process_beside_the_first_is_told_of_at_once_and_once(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    docker("run", "-d", "--name", "beside", "-m", "16m", "busybox", "sh", "-c", f"{HUNGRY}; exec sleep 600")
    eventually(lambda: actions(shared_daemon, "beside") == ["start", "oom"])
    assert killed(shared_daemon, "beside") == ["running", "true"]
    docker("kill", "beside")
    docker("wait", "beside")
    assert actions(shared_daemon, "beside") == ["start", "oom", "die"]
    assert killed(shared_daemon, "beside") == ["exited", "true"]
    docker("start", "beside")
    eventually(lambda: actions(shared_daemon, "beside") == ["start", "oom", "die", "start", "oom"])


def test_the_first_process_is_told_of_before_it_ends(shared_daemon: Daemon) -> None:
    ended = shared_daemon.docker("run", "--name", "first", "-m", "16m", "busybox", "sh", "-c", f"exec {HUNGRY}", check=False)
    assert ended.returncode == 137
    assert actions(shared_daemon, "first") == ["start", "oom", "die"]
    assert killed(shared_daemon, "first") == ["exited", "true"]


def test_a_limit_that_comes_later_counts_as_well_and_so_does_a_new_daemon(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    for name in ("updated", "adopted"):
        memory = () if name == "updated" else ("-m", "16m")
        docker("run", "-d", "--name", name, *memory, "busybox", "sleep", "600")
    docker("update", "-m", "16m", "--memory-swap", "16m", "updated")
    docker("exec", "updated", "sh", "-c", HUNGRY, check=False)
    eventually(lambda: actions(shared_daemon, "updated") == ["start", "oom"])
    shared_daemon.restart()
    docker("exec", "adopted", "sh", "-c", HUNGRY, check=False)
    eventually(lambda: "oom" in actions(shared_daemon, "adopted"))


def test_without_the_oom_killer_a_container_stands_still(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    made = docker("create", "--name", "still", "-m", "16m", "--oom-kill-disable", "busybox", "sh", "-c", HUNGRY_ITSELF)
    if not shared_daemon.json("/info")["OomKillDisable"]:  # as with version 2 of cgroups
        assert "Your kernel does not support OomKillDisable. OomKillDisable discarded." in made.stderr
        return
    docker("start", "still")
    eventually(lambda: actions(shared_daemon, "still") == ["start", "oom"])
    assert killed(shared_daemon, "still") == ["running", "true"]
    docker("kill", "still")
    docker("wait", "still")
    assert actions(shared_daemon, "still") == ["start", "oom", "die"]
