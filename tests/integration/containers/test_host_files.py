"""The engine's own files in containers: where they are, who may write to them, and that a container fills nobody's room but its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_PLACES = {"ResolvConfPath": "resolv.conf", "HostnamePath": "hostname", "HostsPath": "hosts"}


@contextmanager
def small(start_daemon: DaemonFactory, size: str) -> Iterator[Daemon]:
    """Run a daemon whose exec root is a tmpfs of a size."""
    with start_daemon() as daemon:
        daemon.docker("pull", "-q", "busybox")
        daemon.stop()
        shutil.rmtree(daemon.exec_root)
        daemon.exec_root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=0711,size={size}", "core-test", daemon.exec_root], check=True)
        daemon.start()
        yield daemon


def inspect(daemon: Daemon, container: str) -> dict[str, object]:
    return dict(json.loads(daemon.docker("inspect", container).stdout)[0])


def test_they_are_where_docker_has_them_and_stay_after_the_end(shared_daemon: Daemon, tmp_path: Path) -> None:
    shared_daemon.docker(
        "run", "--name", "box", "--network=none", "-h", "here", "busybox", "sh", "-c", "echo 192.0.2.9 mine >> /etc/hosts"
    )
    shown = inspect(shared_daemon, "box")
    for field, name in _PLACES.items():
        assert shown[field] == f"{shared_daemon.data_root}/containers/{shown['Id']}/{name}"
        shared_daemon.docker("cp", f"box:/etc/{name}", str(tmp_path / name))
        assert (tmp_path / name).read_bytes() == Path(str(shown[field])).read_bytes() != b""
    assert (tmp_path / "hostname").read_text() == "here\n"
    assert "192.0.2.9 mine" in (tmp_path / "hosts").read_text()
    Path(str(shown["HostsPath"])).write_text("192.0.2.10 before\n")
    shared_daemon.docker("start", "-a", "box")
    assert "before" not in Path(str(shown["HostsPath"])).read_text()
    shared_daemon.docker("rm", "box")
    assert not Path(str(shown["HostsPath"])).parent.exists()


def test_a_container_that_joins_a_network_has_its_owners_files(shared_daemon: Daemon) -> None:
    shared_daemon.docker("run", "-d", "--name", "owner", "-h", "owns", "busybox", "top")
    shared_daemon.docker("run", "-d", "--name", "guest", "--network=container:owner", "busybox", "top")
    shared_daemon.docker("exec", "owner", "sh", "-c", "echo 192.0.2.9 both >> /etc/hosts")
    assert "both" in shared_daemon.docker("exec", "guest", "cat", "/etc/hosts").stdout
    assert inspect(shared_daemon, "guest")["HostsPath"] == inspect(shared_daemon, "owner")["HostsPath"]


@pytest.mark.parametrize("runtime", ["ns", "oci"])
def test_a_read_only_container_cannot_write_to_them(shared_daemon: Daemon, runtime: str) -> None:
    words = ("run", "--rm", f"--runtime={runtime}", "--read-only", "busybox", "touch")
    for place in ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/.dockerenv"):
        done = shared_daemon.docker(*words, place, check=False)
        assert (done.returncode, "Read-only file system" in done.stderr) == (1, True), place
    assert shared_daemon.docker("run", "--rm", "busybox", "sh", "-c", "echo x > /etc/hosts; cat /etc/hosts").stdout == "x\n"


@pytest.mark.parametrize(("words", "blocks"), [(("--shm-size=8m",), 2048), ((), 16384)])
@pytest.mark.parametrize("runtime", ["ns", "oci"])
def test_shareable_memory_has_a_size_also_for_who_joins(
    shared_daemon: Daemon, words: tuple[str, ...], blocks: int, runtime: str
) -> None:
    shared_daemon.docker("run", "-d", "--name", "owner", f"--runtime={runtime}", "--ipc=shareable", *words, "busybox", "top")
    guest = ("run", "-d", "--name", "guest", f"--runtime={runtime}", "--ipc=container:owner", "busybox", "top")
    shared_daemon.docker(*guest)
    for name in ("owner", "guest"):
        filled = shared_daemon.docker(
            "exec", name, "sh", "-c", "dd if=/dev/zero of=/dev/shm/f bs=1M count=100; stat -f -c %b /dev/shm", check=False
        )
        assert "No space left on device" in filled.stderr
        assert filled.stdout == f"{blocks}\n"
        shared_daemon.docker("exec", name, "rm", "/dev/shm/f")
    shared_daemon.docker("exec", "owner", "touch", "/dev/shm/seen")
    assert shared_daemon.docker("exec", "guest", "ls", "/dev/shm").stdout == "seen\n"


def test_shared_memory_outlives_the_daemon_and_goes_with_its_container(daemon: Daemon) -> None:
    daemon.docker("pull", "-q", "busybox")
    daemon.docker("run", "-d", "--name", "owner", "--ipc=shareable", "busybox", "top")
    pid = int(daemon.docker("inspect", "-f", "{{.State.Pid}}", "owner").stdout)
    daemon.kill9()
    daemon.restart()
    daemon.docker("run", "--rm", "--ipc=container:owner", "busybox", "touch", "/dev/shm/later")
    assert daemon.docker("exec", "owner", "ls", "/dev/shm").stdout == "later\n"
    daemon.kill9()
    os.kill(pid, 9)
    daemon.restart()
    daemon.docker("rm", "-f", "owner")
    daemon.assert_clean()


def test_what_containers_and_builds_write_to_them_takes_nothing_from_others(start_daemon: DaemonFactory) -> None:
    """The exec root is small; before, what a container wrote to /etc/hosts was on it, and no container started any more."""
    with small(start_daemon, "24m") as daemon:
        fill = "for f in /etc/hosts /etc/resolv.conf /etc/hostname /.dockerenv /dev/shm/f; do dd if=/dev/zero of=$f bs=1M count=40; done"
        daemon.docker("run", "-d", "--name", "hog", "--ipc=shareable", "busybox", "sh", "-c", f"{fill}; touch /done; top")
        daemon.docker("exec", "hog", "sh", "-c", "until [ -e /done ]; do sleep 0.05; done")
        used = os.statvfs(daemon.exec_root)
        assert used.f_bavail * used.f_frsize > 20 << 20
        daemon.docker("network", "create", "other")
        daemon.docker("network", "connect", "other", "hog")
        assert daemon.docker("run", "--rm", "busybox", "echo", "fine").stdout == "fine\n"
        daemon.docker("rm", "-f", "hog")
        daemon.docker("network", "rm", "other")
        dockerfile = "FROM busybox\nRUN dd if=/dev/zero of=/etc/hosts bs=1M count=40\n"
        daemon.docker("build", "--network=none", "-", stdin=dockerfile)
        assert os.listdir(daemon.data_root / "containers") == []
        _full(daemon)


def _full(daemon: Daemon) -> None:
    """Fill the exec root from outside: a start says so in words, and works once there is room."""
    ballast = daemon.exec_root / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    assert os.statvfs(daemon.exec_root).f_bavail == 0
    done = daemon.docker("run", "--name", "late", "busybox", "true", check=False)
    ballast.unlink()
    assert done.returncode == 125
    assert "no space left on device" in done.stderr
    assert "Errno" not in done.stderr
    assert dict(inspect(daemon, "late")["State"])["Status"] == "created"
    daemon.docker("start", "-a", "late")
