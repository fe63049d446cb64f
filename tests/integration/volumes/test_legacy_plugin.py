"""Docker's volume plugins behind the stock CLI: one that works, one that hangs, one that goes away."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.daemon import Daemon
from tests.volume_plugin import serve_volumes

pytestmark = pytest.mark.privileged


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


def config(directory: Path, seconds: float = 5) -> str:
    return (
        f"[plugins.volume_legacy]\nsocket_directories = ['{directory}/plugins']\nspec_directories = ['{directory}/specs']\n"
        f"query_timeout = {seconds}\nchange_timeout = {seconds}\n"
    )


def inspect(daemon: Daemon, volume: str) -> dict[str, str]:
    found: list[dict[str, str]] = json.loads(daemon.docker("volume", "inspect", volume).stdout)
    return found[0]


def test_volumes_of_a_plugin_that_comes_later_than_the_daemon(start_daemon: DaemonFactory, directory: Path) -> None:
    with start_daemon(config=config(directory)) as daemon:
        daemon.docker("pull", "-q", "busybox")
        missing = daemon.docker("volume", "create", "-d", "shelf", "data", check=False)
        assert 'error looking up volume plugin shelf: plugin "shelf" not found' in missing.stderr
        with serve_volumes(directory / "elsewhere.sock", directory / "shelf"):
            (directory / "specs").mkdir()
            (directory / "specs/shelf.spec").write_text(f"unix://{directory}/elsewhere.sock\n")
            daemon.docker("volume", "create", "-d", "shelf", "--label", "k=v", "-o", "a=b", "data")
            (told,) = json.loads(daemon.docker("volume", "inspect", "data").stdout)
            assert (told["Driver"], told["Mountpoint"], told["Options"]) == ("shelf", str(directory / "shelf/data"), {"a": "b"})
            daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo kept > /d/file")
            assert (directory / "shelf/data/file").read_text() == "kept\n"
            assert daemon.docker("run", "--rm", "-v", "data:/d:ro", "busybox", "cat", "/d/file").stdout == "kept\n"
            daemon.docker("run", "--rm", "--volume-driver", "shelf", "-v", "more:/m", "busybox", "true")
            assert (directory / "shelf/more").is_dir()
            daemon.core("--host", daemon.host, "volume", "clone", "data", "copy")
            assert (Path(inspect(daemon, "copy")["Mountpoint"]) / "file").read_text() == "kept\n"
            assert inspect(daemon, "copy")["Driver"] == "local"
            daemon.docker("volume", "rm", "copy")
            assert "shelf" in json.loads(daemon.docker("info", "--format", "json").stdout)["Plugins"]["Volume"]
            refused = daemon.docker("volume", "create", "-d", "shelf", "-o", "fail=1", "bad", check=False)
            assert "the disk is on fire" in refused.stderr
            daemon.docker("run", "-d", "--name", "box", "-v", "data:/d", "busybox", "sleep", "60")
            daemon.kill9()
            daemon.start()
            assert "in use" in daemon.docker("volume", "rm", "data", check=False).stderr
            daemon.docker("rm", "-f", "box")
            daemon.docker("volume", "rm", "data", "more")
            assert os.listdir(directory / "shelf") == []


def use_others(daemon: Daemon) -> float:
    """Do what a plugin that hangs may hold up once, while all volumes are listed; return how many seconds that took."""
    began = time.monotonic()
    assert "data" in daemon.docker("volume", "ls", "-q").stdout.split()
    daemon.docker("ps", "-a")
    daemon.docker("run", "--rm", "-v", "own:/o", "busybox", "true")
    return time.monotonic() - began


def test_a_plugin_that_hangs_holds_up_its_own_volumes_only(start_daemon: DaemonFactory, directory: Path) -> None:
    with (
        serve_volumes(directory / "plugins/shelf.sock", directory / "shelf") as plugin,
        start_daemon(config=config(directory, 1)) as daemon,
    ):
        daemon.docker("pull", "-q", "busybox")
        daemon.docker("volume", "create", "-d", "shelf", "data")
        usual = use_others(daemon)
        plugin.send_signal(signal.SIGSTOP)
        assert use_others(daemon) < max(3, 4 * usual)
        done = daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "true", check=False)
        assert "volume plugin shelf did not answer in 1 s" in done.stderr
        daemon.restart()
        assert daemon.docker("volume", "ls", "-q").stdout == "data\nown\n"
        plugin.send_signal(signal.SIGCONT)
        assert daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "ls", "/d").stdout == ""
        plugin.kill()
        plugin.wait()
        done = daemon.docker("run", "--rm", "-v", "data:/d", "busybox", "true", check=False)
        assert "error while calling volume plugin shelf" in done.stderr
        assert daemon.docker("volume", "ls", "-q").stdout == "data\nown\n"
