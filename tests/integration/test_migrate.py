"""A made-up data root of dockerd is moved into a daemon: what it had is there, and works."""

import json
import os
from pathlib import Path

import pytest

from tests.daemon import Daemon
from tests.docker_root import MadeRoot

pytestmark = pytest.mark.privileged

BUSYBOX = Path("/bin/busybox")
ANONYMOUS = "d" * 64


@pytest.fixture
def made(tmp_path: Path) -> MadeRoot:
    root = MadeRoot(tmp_path / "docker")
    image = root.image(["app:1"], [{"bin/busybox": BUSYBOX.read_bytes()}, {"etc/words": b"hello\n"}], {"Env": ["A=b"]})
    root.volume("named", {"file": b"kept\n"}, Labels={"a": "b"})
    os.chown(root.path / "volumes/named/_data/file", 7, 8)
    os.link(root.path / "volumes/named/_data/file", root.path / "volumes/named/_data/twin")
    root.volume(ANONYMOUS, {"x": b"y"})
    root.network("town", ipamV4Config='[{"PreferredPool":"10.88.0.0/24","SubPool":"","Gateway":"","AuxAddresses":null}]')
    root.container(
        "c" * 64,
        "one",
        image,
        {"NetworkMode": "town", "Binds": ["named:/v"], "RestartPolicy": {"Name": "always"}, "Runtime": "runc"},
        Config={"Image": "app:1", "Hostname": "c" * 12, "Cmd": ["busybox", "cat", "/etc/words", "/v/file", "/data/x"]},
        NetworkSettings={"Networks": {"town": {"IPAMConfig": {"IPv4Address": "10.88.0.9"}, "Aliases": ["db"]}}},
        MountPoints={"/data": {"Type": "volume", "Name": ANONYMOUS, "RW": True, "Destination": "/data"}},
    )
    return root


def test_a_dry_run_tells_all_and_changes_nothing(made: MadeRoot, shared_daemon: Daemon) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.path.rglob("*")}
    told = shared_daemon.core("migrate", "from-docker", "--source", str(made.path), "--dry-run").stdout
    assert [line.split(" (")[0] for line in told.splitlines()] == [
        "image app:1",
        f"volume {ANONYMOUS}",
        "volume named",
        "network town",
        "container one",
    ]
    assert {path: path.stat().st_mtime_ns for path in made.path.rglob("*")} == before
    assert shared_daemon.docker("volume", "ls", "--quiet").stdout == ""


def test_all_of_it_moves_and_works(made: MadeRoot, shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    moved = shared_daemon.core("migrate", "from-docker", "--source", str(made.path))
    assert moved.stderr == ""
    try:
        assert json.loads(docker("volume", "inspect", "--format", "{{json .Labels}}", "named").stdout) == {"a": "b"}
        assert docker("ps", "--all", "--format", "{{.Names}} {{.State}} {{.Image}}").stdout == "one created app:1\n"
        assert docker("start", "--attach", "one").stdout == "hello\nkept\ny"
        shown = docker("run", "--rm", "-v", "named:/v", "app:1", "busybox", "stat", "-c", "%u:%g %h", "/v/file").stdout
        assert shown == "7:8 2\n"
        endpoint = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks.town}}", "one").stdout)
        assert (endpoint["IPAMConfig"]["IPv4Address"], endpoint["Aliases"]) == ("10.88.0.9", ["db"])

        again = shared_daemon.core("migrate", "from-docker", "--source", str(made.path), check=False)
        assert again.returncode == 1
        assert "not moved: volume named: a volume of that name exists; it was not touched" in again.stderr
        assert 'not moved: container one: Conflict. The container name "/one" is already in use' in again.stderr
    finally:
        docker("rm", "--force", "--volumes", "one", check=False)
        docker("volume", "rm", "--force", "named", ANONYMOUS)
        docker("network", "rm", "town")
        docker("rmi", "app:1")


def test_an_image_whose_files_changed_is_not_moved_and_the_rest_is(made: MadeRoot, shared_daemon: Daemon) -> None:
    changed = next(made.path.glob("overlay2/*/diff/etc/words"))
    changed.write_bytes(b"HELLO\n")
    moved = shared_daemon.core("migrate", "from-docker", "--source", str(made.path), check=False)
    try:
        assert moved.returncode == 1
        assert "not moved: image app:1: " in moved.stderr
        assert "not moved: container one: No such image" in moved.stderr
        assert shared_daemon.docker("images", "--quiet", "app").stdout == ""
        assert "named" in shared_daemon.docker("volume", "ls", "--quiet").stdout.split()
    finally:
        shared_daemon.docker("volume", "rm", "--force", "named", ANONYMOUS)
        shared_daemon.docker("network", "rm", "town")
