"""`core doctor` names what leaked, `core gc` removes it; here something really leaks."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.host.roots import hold_data_root
from tests.asking import eventually
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def _roots(daemon: Daemon) -> tuple[str, ...]:
    return "--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root)


@pytest.fixture
def leaking(daemon: Daemon) -> Daemon:
    """A daemon that was killed, and whose database has forgotten a container that runs."""
    daemon.docker("pull", "--quiet", "busybox")
    lost = daemon.docker("run", "-d", "--name", "lost", "busybox", "sleep", "1000").stdout.strip()
    daemon.docker("run", "-d", "--name", "kept", "busybox", "sleep", "1000")
    daemon.kill9()
    with closing(sqlite3.connect(daemon.data_root / "core.db", isolation_level=None)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            database.execute(f"DELETE FROM {table} WHERE key LIKE ?1 OR CAST(record AS TEXT) LIKE ?1", (f"%{lost}%",))
    return daemon


def test_a_healthy_daemon_has_not_leaked(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("run", "-d", "-p", "8080:80", "busybox", "sleep", "1000")
    done = daemon.core("doctor", *_roots(daemon))
    assert "Nothing has leaked." in done.stdout
    assert "MISSING" not in done.stdout


def test_the_lost_container_is_named_and_the_kept_one_is_not(leaking: Daemon) -> None:
    done = leaking.core("doctor", "--json", *_roots(leaking), check=False)
    assert done.returncode == 1
    leaks = json.loads(done.stdout)["leaks"]
    assert {"process", "cgroup", "file"} <= {leak["kind"] for leak in leaks}
    assert len({leak["id"] for leak in leaks if leak["id"]}) == 1
    leaking.core("gc", *_roots(leaking))


def test_gc_removes_it_and_spares_the_living(leaking: Daemon) -> None:
    removed = leaking.core("gc", *_roots(leaking)).stdout
    assert "removed process" in removed
    assert leaking.core("doctor", *_roots(leaking)).returncode == 0
    leaking.start()
    assert leaking.docker("ps", "--format", "{{.Names}} {{.State}}").stdout == "kept running\n"


def test_gc_leaves_a_running_daemon_alone(daemon: Daemon) -> None:
    done = daemon.core("gc", *_roots(daemon), check=False)
    assert done.returncode == 1
    assert f"the daemon runs (process {daemon.pid})" in done.stderr


def test_gc_asks_no_other_daemon_than_that_of_the_data_root(daemon: Daemon, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "core.db").touch()
    with hold_data_root(other):
        done = daemon.core("gc", "--data-root", str(other), "--keep-free", "1GB", check=False)
    assert done.returncode == 1
    assert f"but DOCKER_HOST leads to that of {daemon.data_root}" in done.stderr


def test_gc_touches_nothing_that_is_no_data_root(daemon: Daemon) -> None:
    done = daemon.core("gc", "--data-root", str(daemon.directory), "--exec-root", str(daemon.exec_root), check=False)
    assert done.returncode == 1
    assert "is no data root of a daemon" in done.stderr


@pytest.mark.parametrize("stopped", [True, False])
def test_gc_removes_unused_images_by_policy(daemon: Daemon, stopped: bool) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("run", "--name", "made", "busybox", "touch", "/file")
    daemon.docker("commit", "made", "unused:1")
    if stopped:
        daemon.stop()
    said = daemon.core("gc", *_roots(daemon), "--keep-free", "100%").stdout
    assert "untagged unused:1" in said
    assert "busybox" not in said
    if stopped:
        daemon.start()
    assert daemon.docker("images", "--format", "{{.Repository}}").stdout == "busybox\n"
    daemon.docker("start", "made")


def test_system_df_is_what_du_says(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker(
        "run", "--name", "made", "-v", "data:/data", "busybox", "sh", "-c", "head -c 50000 /dev/zero | tee /file > /data/file"
    )

    def du(*paths: str) -> int:
        lines = daemon.run(
            "du", "--block-size=1", "-sc", *(str(path) for each in paths for path in daemon.data_root.glob(each))
        ).stdout
        return int(lines.splitlines()[-1].split()[0])

    usage = daemon.json("/system/df")
    assert isinstance(usage, dict)
    assert usage["LayersSize"] == du("content/blobs/*/*", "plugins/storage_overlay/l/*")
    assert [container["SizeRw"] for container in usage["Containers"]] == [du("plugins/storage_overlay/a/*")]
    assert [volume["UsageData"]["Size"] for volume in usage["Volumes"]] == [du("volumes/*/_data")]


def test_the_daemon_collects_by_itself(start_daemon: DaemonFactory) -> None:
    with start_daemon(config='[gc]\nmax_age = "0.001s"\ninterval = 0.1\n') as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        eventually(lambda: not daemon.docker("images", "--quiet").stdout, daemon.tail)
