"""`core doctor --repair` on the data root of a daemon: only while that is stopped, and containers keep what they wrote."""

import json
import shutil
from pathlib import Path

import pytest

from tests.busybox import busybox
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

ARCHIVE = busybox().blobs[1][0].digest
CONFIGURATION = '[plugins.registry_hub]\nmirrors = ["http://127.0.0.1:5001"]\nretries = 0\n'
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


def test_a_database_that_cannot_be_read_is_said_so_in_one_sentence(daemon: Daemon) -> None:
    daemon.stop()
    path = daemon.data_root / "core.db"
    kept = path.read_bytes()
    path.write_bytes(b"not a database" * 1000)
    done = _doctor(daemon, "--repair")
    path.write_bytes(kept)
    assert (done.returncode, done.stderr) == (
        1,
        "core: the database core.db cannot be read: file is not a database; put back a copy of it\n",
    )
