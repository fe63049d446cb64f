"""Paths of `docker cp` and export as Docker takes them, and as a container may have bent them."""

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def names(daemon: Daemon, container: str, path: str) -> list[str]:
    status, body = daemon.request("GET", f"/containers/{container}/archive?path={path}")
    assert status == 200, body
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return [member.name + "/" * member.isdir() for member in tar]


def refusal(daemon: Daemon, container: str, path: str, method: str = "GET") -> tuple[int, str]:
    status, body = daemon.request(method, f"/containers/{container}/archive?path={path}")
    return status, str(json.loads(body)["message"]) if body else ""


@pytest.mark.parametrize("state", ["created", "running"])
def test_names_of_entries_follow_the_path(shared_daemon: Daemon, state: str) -> None:
    shared_daemon.docker("create", "--name", "box", "busybox", "top")
    if state == "running":
        shared_daemon.docker("start", "box")
    for path, first in {
        "./": "./",
        "/./": "./",
        "/.": "./",
        "/": "//",
        "/etc/": "etc/",
        "/etc/.": "./",
        "/etc/./": "./",
        "etc": "etc/",
    }.items():
        found = names(shared_daemon, "box", path)
        assert found[0] in (first, first.rstrip("/") or "/"), path
        assert all(name.startswith(first.replace("//", "/")) for name in found[1:]), (path, found[:5])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_no_directory(shared_daemon: Daemon, method: str) -> None:
    shared_daemon.docker("create", "--name", "box", "busybox")
    for path in ("/etc/passwd/", "/etc/passwd/.", "etc/passwd/./"):
        status, message = refusal(shared_daemon, "box", path, method)
        assert status == 400, path
        assert method == "HEAD" or message.endswith("not a directory")
    assert refusal(shared_daemon, "box", "/etc/none/", method)[0] == 404


def test_the_working_directory_is_made_at_create(shared_daemon: Daemon, tmp_path: Path) -> None:
    shared_daemon.docker("create", "--name", "box", "-w", "/home/foo/bar", "busybox")
    shared_daemon.docker("cp", "box:/home/foo/bar", str(tmp_path))
    assert (tmp_path / "bar").is_dir()
    done = shared_daemon.docker("create", "-w", "/etc/passwd/x", "busybox", check=False)
    assert "Cannot mkdir: /etc/passwd/x is not a directory" in done.stderr
    shared_daemon.docker("build", "-q", "-t", "linked", "-", stdin="FROM busybox\nRUN ln -s /../../made/here /lnk\n")
    shared_daemon.docker("create", "--name", "through", "-w", "/lnk/deep", "linked")
    shared_daemon.docker("cp", "through:/made/here/deep", str(tmp_path))
    assert not Path("/made").exists()


@pytest.mark.parametrize("running", [True, False])
def test_a_file_is_not_put_in_the_place_of_a_mount(shared_daemon: Daemon, tmp_path: Path, running: bool) -> None:
    """Docker: "device or resource busy". Removing the name would take the mount away from the container."""
    mounted, new = tmp_path / "mounted", tmp_path / "new"
    mounted.write_text("mounted")
    new.write_text("new")
    shared_daemon.docker("run", "-d", "--name", "box", "-v", f"{mounted}:/data/file", "busybox", "top")
    if not running:
        shared_daemon.docker("kill", "box")
    for path in ("/etc/hosts", "/etc/resolv.conf", "/data/file"):
        done = shared_daemon.docker("cp", str(new), f"box:{path}", check=False)
        assert "device or resource busy" in done.stderr, (path, done.stderr)
    shared_daemon.docker("cp", str(new), "box:/etc/other")
    shared_daemon.docker("start", "box")
    assert shared_daemon.docker("exec", "box", "cat", "/data/file", "/etc/other").stdout == "mountednew"
    assert "localhost" in shared_daemon.docker("exec", "box", "cat", "/etc/hosts").stdout


@pytest.mark.parametrize("running", [True, False])
def test_a_file_is_not_put_in_the_place_of_a_directory_that_has_a_mount(shared_daemon: Daemon, running: bool) -> None:
    shared_daemon.docker("run", "-d", "--name", "box", "-v", "/data/volume", "busybox", "top")
    shared_daemon.docker("exec", "box", "sh", "-c", "echo kept > /data/volume/file; echo kept > /data/other")
    if not running:
        shared_daemon.docker("kill", "box")
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("data"))
    status, body = shared_daemon.request("PUT", "/containers/box/archive?path=/", output.getvalue())
    assert (status, json.loads(body)["message"]) == (400, "failed to unpack: /data: device or resource busy")
    for name in ("volume/file", "other"):
        shared_daemon.docker("cp", f"box:/data/{name}", "-")
    if running:
        assert shared_daemon.docker("exec", "box", "cat", "/data/volume/file", "/data/other").stdout == "kept\nkept\n"
        assert "/data/volume" in shared_daemon.docker("exec", "box", "cat", "/proc/mounts").stdout


@pytest.mark.parametrize(("mode", "pid"), [((), 1), (("--pid=host",), os.getpid())], ids=["own", "host"])
def test_no_way_through_proc_leads_to_the_host(shared_daemon: Daemon, tmp_path: Path, mode: tuple[str, ...], pid: int) -> None:
    """Of a container that sees the host's processes, the links below /proc lead to the host's root for whoever may follow them."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("host")
    shared_daemon.docker("run", "-d", "--name", "box", *mode, "busybox", "top")
    shared_daemon.docker("exec", "box", "ln", "-s", f"/proc/{pid}/root{secret}", "/x")
    for path in ("/x/key", "/x/", "/x/.", f"/proc/{pid}/root{secret}/key"):
        assert refusal(shared_daemon, "box", path)[0] in (400, 404), path
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name in ("x/evil", "x/key"):
            tar.addfile(tarfile.TarInfo(name))
    status, body = shared_daemon.request(
        "PUT", "/containers/box/archive?path=/", output.getvalue(), {"Content-Type": "application/x-tar"}
    )
    assert status in (200, 400, 403, 404), body
    assert b"Errno" not in body
    assert [path.name for path in secret.iterdir()] == ["key"]
    assert (secret / "key").read_text() == "host"


def test_export_of_a_running_container_is_of_its_own_files(shared_daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "bound").write_text("bound")
    shared_daemon.docker("run", "-d", "--name", "box", "-v", f"{tmp_path}:/data", "--tmpfs", "/scratch", "busybox", "sh", "-c",
                         "echo now > /written; echo no > /scratch/no; while :; do echo x >> /grows; sleep 0.01; done")  # fmt: skip
    shared_daemon.docker("exec", "box", "sh", "-c", "until [ -e /grows ]; do sleep 0.05; done")
    before = subprocess.run(["dmesg"], capture_output=True, check=False).stdout.count(b"is in-use as upperdir/workdir")
    _, body = shared_daemon.request("GET", "/containers/box/export")
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        found = {member.name: member for member in tar}
        written = tar.extractfile("written")
        assert written is not None
        assert written.read() == b"now\n"
    assert {"data", "scratch", "grows", "bin/busybox"} <= found.keys()
    assert not {"data/bound", "scratch/no", "proc/1"} & found.keys()
    assert subprocess.run(["dmesg"], capture_output=True, check=False).stdout.count(b"is in-use as upperdir/workdir") == before


def test_a_volume_is_packed_wherever_it_is_mounted(shared_daemon: Daemon, tmp_path: Path) -> None:
    """Also below /dev, or where a name only begins as one of the kernel's directories does: what is in those is left out, and no more."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    places = (("one", "/developer"), ("one", "/dev/data"), ("two", "/srv"))
    binds = [word for name, place in places for word in ("-v", f"{tmp_path / name}:{place}")]
    shared_daemon.docker("run", "-d", "--name", "box", *binds, "busybox", "top")
    for _, place in places:
        assert names(shared_daemon, "box", place) == [f"{Path(place).name}/", f"{Path(place).name}/file"], place
    for place in ("/dev", "/proc", "/sys"):
        assert names(shared_daemon, "box", place) == [f"{Path(place).name}/"]
