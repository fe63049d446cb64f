"""`core doctor --repair` on the data root of a daemon: only while that is stopped, and containers keep what they wrote."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.busybox import busybox
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]

ARCHIVE = busybox().blobs[1][0].digest
CONFIGURATION = 'registry_mirrors = ["http://127.0.0.1:5001"]\n[plugins.registry_hub]\nretries = 0\n'
PULL = ("pull", f"busybox@{busybox().descriptor.digest}")


def _doctor(daemon: Daemon, *flags: str):
    roots = ("--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root), "--config-file", str(daemon.config_file))
    return daemon.core("doctor", *roots, *flags, check=False)


def test_an_image_is_lost_under_a_container_that_runs(daemon: Daemon, tmp_path: Path) -> None:
    daemon.config_file.write_text(CONFIGURATION)
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("run", "-d", "--name", "running", "busybox", "sh", "-c", "test -e /new || echo kept > /new; sleep 1000")
    refused = _doctor(daemon, "--repair")
    assert refused.returncode == 1
    assert refused.stderr == f"core: the daemon runs (process {daemon.pid}): stop it first, containers go on running without it\n"
    assert f"The image store is not examined while the daemon runs (process {daemon.pid})." in _doctor(daemon).stdout
    daemon.stop()

    assert "The image store is whole." in _doctor(daemon).stdout
    (layer,) = (daemon.data_root / "plugins" / "storage_overlay" / "l").iterdir()
    shutil.rmtree(layer)
    (daemon.data_root / "content" / "blobs" / "sha256" / ARCHIVE.removeprefix("sha256:")).unlink()
    looked = _doctor(daemon).stdout.splitlines()
    assert [line.split("   ")[-1].strip() for line in looked[-3:]] == ["REPAIR", "core doctor --repair", "core doctor --repair"]
    done = _doctor(daemon, "--repair", "--json")
    assert done.returncode == 1
    assert {each["remedy"] for each in json.loads(done.stdout)["store"]} == {" ".join(("docker", *PULL))}

    daemon.start()
    daemon.docker(*PULL, "--quiet")
    daemon.docker("restart", "-t", "0", "running")
    assert daemon.docker("exec", "running", "cat", "/new").stdout == "kept\n"
    assert daemon.docker("run", "--rm", "busybox", "echo", "it runs").stdout == "it runs\n"
    daemon.stop()
    done = _doctor(daemon, "--deep")
    assert (done.returncode, "The image store is whole." in done.stdout) == (0, True), done.stdout


def test_what_is_no_data_root_is_not_repaired(daemon: Daemon, tmp_path: Path) -> None:
    done = daemon.core("doctor", "--repair", "--data-root", str(tmp_path), check=False)
    assert (done.returncode, done.stderr) == (1, f"core: {tmp_path} is no data root of a daemon\n")


def _used(daemon: Daemon) -> None:
    """Have a daemon with an image and two containers, one of which runs, and stop it."""
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("run", "-d", "--name", "running", "-p", "8080:80", "busybox", "sleep", "1000")
    daemon.docker("run", "--name", "wrote", "busybox", "sh", "-c", "echo kept > /file")
    daemon.stop()


def _all_is_there(daemon: Daemon) -> None:
    daemon.start()
    assert daemon.docker("ps", "-a", "--format", "{{.Names}} {{.State}}").stdout.split("\n")[:2] == [
        "wrote exited",
        "running running",
    ]
    assert daemon.docker("exec", "running", "echo", "alive").stdout == "alive\n"
    assert daemon.docker("cp", "wrote:/file", "-").stdout.count("kept") == 1
    assert daemon.docker("run", "--rm", "busybox", "echo", "works").stdout == "works\n"


@pytest.mark.parametrize("where", ["first page", "middle", "end"])
def test_a_damaged_database_is_said_so_and_its_copy_is_put_back(daemon: Daemon, where: str) -> None:
    _used(daemon)
    path = daemon.data_root / "core.db"
    content = path.read_bytes()
    start = {"first page": 0, "middle": len(content) // 2 // 4096 * 4096, "end": len(content) * 6 // 10}[where]
    path.write_bytes(content[:start] + (b"" if where == "end" else os.urandom(8192) + content[start + 8192 :]))

    served = daemon.run(*daemon.command(), check=False)
    assert served.returncode == 1
    assert re.fullmatch(
        rf"core: the database {path} is damaged \(.*\): `core doctor --repair` puts back the copy of .* UTC\n", served.stderr
    )
    looked = _doctor(daemon)
    assert looked.returncode == 1
    assert "Traceback" not in looked.stderr
    repaired = _doctor(daemon, "--repair")
    assert (repaired.returncode, repaired.stderr) == (0, ""), repaired.stdout
    assert repaired.stdout.startswith("The database was damaged (")
    _all_is_there(daemon)


def test_a_damaged_database_without_a_copy_is_said_so_in_one_sentence(daemon: Daemon) -> None:
    daemon.stop()
    path = daemon.data_root / "core.db"
    kept = path.read_bytes()
    path.write_bytes(b"not a database" * 1000)
    (daemon.data_root / "copies" / "records.db").unlink()
    done = _doctor(daemon, "--repair")
    path.write_bytes(kept)
    told = f"core: the database {path} is damaged (file is not a database), and there is no copy of it to put back\n"
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.parametrize("empty", [False, True])
def test_a_missing_database_is_put_back_from_its_copy(daemon: Daemon, empty: bool) -> None:
    _used(daemon)
    path = daemon.data_root / "core.db"
    path.write_bytes(b"") if empty else path.unlink()
    _all_is_there(daemon)
    assert re.search(rf"the database of {daemon.data_root} was missing: the copy of .* UTC was put back", daemon.log.read_text())


def test_without_a_database_and_a_copy_the_daemon_begins_anew_and_keeps_what_was_there(daemon: Daemon) -> None:
    _used(daemon)
    (daemon.data_root / "core.db").unlink()
    shutil.rmtree(daemon.data_root / "copies")
    daemon.start()
    (kept,) = (daemon.data_root / "lost").iterdir()
    assert f"the daemon begins anew, and what was there is kept in {kept} until you delete it" in daemon.log.read_text()
    assert daemon.docker("ps", "-aq").stdout == daemon.docker("images", "-q").stdout == ""
    assert any(path.read_bytes() == b"kept\n" for path in kept.rglob("file") if path.is_file())
    daemon.assert_clean()
    daemon.docker("pull", "--quiet", "busybox")
    assert daemon.docker("run", "--rm", "busybox", "echo", "works").stdout == "works\n"


def test_what_is_newer_than_the_copy_is_left_alone_until_gc(daemon: Daemon) -> None:
    _used(daemon)
    daemon.start()
    copy = (daemon.data_root / "copies" / "records.db").read_bytes()
    daemon.docker("run", "-d", "--name", "newer", "busybox", "sh", "-c", "echo new > /new; sleep 1000")
    daemon.kill9()
    (daemon.data_root / "copies" / "records.db").write_bytes(copy)
    (daemon.data_root / "core.db").unlink()
    daemon.start()
    assert daemon.docker("ps", "-q", "--filter", "name=newer").stdout == ""
    assert any(daemon.data_root.glob("plugins/storage_overlay/*/*/fs/new"))
    daemon.stop()
    roots = ("--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root))
    assert "removed" in daemon.core("gc", *roots).stdout
    daemon.start()
    assert not any(daemon.data_root.glob("plugins/storage_overlay/*/*/fs/new"))
    daemon.assert_clean()
