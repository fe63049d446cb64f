"""`core doctor` names what leaked, `core gc` removes it; here something really leaks."""

import json
import sqlite3
from contextlib import closing

import pytest

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


def test_gc_touches_nothing_that_is_no_data_root(daemon: Daemon) -> None:
    done = daemon.core("gc", "--data-root", str(daemon.directory), "--exec-root", str(daemon.exec_root), check=False)
    assert done.returncode == 1
    assert "is no data root of a daemon" in done.stderr
