"""`--cgroup-parent` names a place below the root of every hierarchy, and nothing else of the host."""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups.hierarchy import find_hierarchy
from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def places() -> list[str]:
    hierarchy = find_hierarchy()
    return sorted({*hierarchy.controllers.values()} or {hierarchy.unified})


@pytest.fixture
def name() -> Iterator[str]:
    """A name that nothing on the machine has; what is made of it is removed."""
    made = f"core-test-{secrets.token_hex(6)}"
    yield made
    for below in ("deep", ""):
        for directory in [*Path("/sys/fs/cgroup").glob(f"*/{made}/{below}"), *Path("/sys/fs/cgroup").glob(f"{made}/{below}")]:
            _remove_when_empty(directory)  # crun leaves those it made above a container's


def _remove_when_empty(directory: Path) -> None:
    """Remove a cgroup; the daemon removes those in it a moment after it has answered."""
    deadline = time.monotonic() + 30
    while True:
        try:
            directory.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@pytest.mark.parametrize("runtime", ["ns", "oci"])
@pytest.mark.parametrize("parent", ["/../../../../{}", "../../../../../{}/deep", "{}/../{}", "/memory/../../../{}"])
def test_dots_end_at_the_root_of_the_hierarchies(shared_daemon: Daemon, name: str, parent: str, runtime: str) -> None:
    expected = f"/{name}/deep" if parent.endswith("deep") else f"/{name}"
    done = shared_daemon.docker(
        "run", "-d", f"--runtime={runtime}", "--network=none", "--cgroup-parent", parent.format(name, name), "busybox", "top"
    )  # fmt: skip
    container = done.stdout.strip()
    for place in places():
        assert os.path.isdir(f"{place}{expected}/{container}"), place
        assert not any(os.path.exists(f"{above}/{name}") for above in Path(place).parents)
    shared_daemon.docker("rm", "-f", container)
    eventually(lambda: not any(os.path.exists(f"{place}{expected}/{container}") for place in places()))


def test_a_build_keeps_to_them_too(shared_daemon: Daemon, name: str) -> None:
    dockerfile = "FROM busybox\nRUN cat /proc/self/cgroup\n"
    done = shared_daemon.docker("build", "--no-cache", "--cgroup-parent", f"/../../../{name}", "-", stdin=dockerfile)
    assert f":/{name}/" in done.stdout + done.stderr
    assert not any(os.path.exists(f"{above}/{name}") for place in places() for above in Path(place).parents)


def test_the_root_is_a_parent_like_any_other(shared_daemon: Daemon) -> None:
    container = shared_daemon.docker("run", "-d", "--network=none", "--cgroup-parent", "/", "busybox", "top").stdout.strip()
    assert all(os.path.isdir(f"{place}/{container}") for place in places())


def test_a_null_byte_is_refused(shared_daemon: Daemon) -> None:
    body = {"Image": "busybox", "HostConfig": {"CgroupParent": "a\0b"}}
    status, answer = shared_daemon.request("POST", "/containers/create", body)
    assert (status, b"null byte" in answer) == (400, True), answer
