"""A data root that was deleted: the next daemon begins anew, and what the one before left on the machine is not in its way."""

import shutil
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]


def _occupied(daemon: Daemon) -> str:
    """Have a daemon with networks, a volume and containers, one of them paused; return the PID of one."""
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("network", "create", "--opt", "com.docker.network.bridge.name=odd0", "odd")
    daemon.docker("run", "-d", "--name", "web", "-p", "8080:80", "-v", "data:/data", "busybox", "sleep", "1000")
    daemon.docker("run", "-d", "--name", "other", "--network", "odd", "busybox", "sleep", "1000")
    daemon.docker("pause", "other")
    return daemon.docker("inspect", "-f", "{{.State.Pid}}", "web").stdout.strip()


def _until_gone(path: Path) -> None:
    """Wait for the end of a process that was killed; as a zombie it has no program any more."""
    eventually(lambda: not path.exists())


def _works(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("network", "create", "--opt", "com.docker.network.bridge.name=odd0", "odd")
    daemon.docker("run", "-d", "--name", "web", "-p", "8080:80", "-v", "data:/data", "busybox", "httpd", "-f", "-h", "/etc")
    assert "root:" in daemon.run("busybox", "wget", "-qO-", "http://127.0.0.1:8080/passwd").stdout
    assert daemon.docker("run", "--rm", "--network", "odd", "busybox", "echo", "works").stdout == "works\n"


@pytest.mark.parametrize("run_files_too", [False, True])
def test_a_deleted_data_root_is_begun_anew(daemon: Daemon, run_files_too: bool) -> None:
    pid = _occupied(daemon)
    daemon.kill9()
    shutil.rmtree(daemon.data_root)
    if run_files_too:
        shutil.rmtree(daemon.exec_root)
    daemon.start()
    _until_gone(Path(f"/proc/{pid}/exe"))
    assert f"{daemon.data_root} is new, but an earlier daemon of it had left something" in daemon.log.read_text()
    assert daemon.docker("ps", "-aq").stdout == daemon.docker("images", "-q").stdout == ""
    daemon.assert_clean()
    _works(daemon)


def test_a_new_data_root_says_nothing(daemon: Daemon) -> None:
    assert "is new" not in daemon.log.read_text()


def test_two_daemons_do_not_share_an_exec_root(daemon: Daemon) -> None:
    words = ["serve", "--data-root", str(daemon.directory / "other"), "--exec-root", str(daemon.exec_root), "--pidfile"]
    second = daemon.core(*words, str(daemon.directory / "other.pid"), check=False)
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == f"core: another daemon (process {daemon.pid}) uses the exec root {daemon.exec_root}\n"
    shutil.rmtree(daemon.directory / "other")
