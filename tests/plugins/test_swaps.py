"""Another driver in the configuration, or one that is not there any more, on a data root in use: nothing is lost, and there is a way out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DaemonFactory
from tests.daemon import Daemon
from tests.plugins.installing import with_hostile

pytestmark = pytest.mark.privileged


@pytest.fixture
def used(start_daemon: DaemonFactory) -> Iterator[Daemon]:
    """A daemon that is stopped, with a container that runs and one that does not."""
    with start_daemon() as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("run", "--name", "old", "busybox", "touch", "/x")
        daemon.docker("run", "-d", "--name", "live", "busybox", "sleep", "1000")
        daemon.stop()
        yield daemon


def refused(daemon: Daemon, config: str) -> str:
    """Start it with another configuration; return what it says."""
    daemon.config_file.write_text(config)
    with pytest.raises(AssertionError) as caught:
        daemon.start()
    daemon.config_file.write_text("")
    return str(caught.value)


def test_another_storage_driver_does_not_start_on_what_one_has(used: Daemon) -> None:
    said = refused(used, '[drivers]\nstorage = "vfs"\n')
    assert 'are kept by the storage driver "overlay", and "vfs" is chosen: choose "overlay" again, or another data root' in said
    assert "Traceback" not in said
    used.start()
    assert used.docker("exec", "live", "echo", "ok").stdout == "ok\n"
    assert used.docker("diff", "old").stdout == "A /x\n"
    used.remove_containers()
    used.docker("rmi", "busybox")
    used.stop()
    used.config_file.write_text('[drivers]\nstorage = "vfs"\n')
    used.start()
    used.docker("pull", "--quiet", "busybox")
    assert used.docker("run", "--rm", "busybox", "echo", "ok").stdout == "ok\n"


def test_another_network_driver_takes_no_interface_away(used: Daemon) -> None:
    said = refused(used, '[drivers]\nnetwork = "macvlan"\n')
    assert 'containers run on the network bridge of the network driver "bridge", and "macvlan" is chosen: ' in said
    assert "stop them first (live)" in said
    assert "Traceback" not in said
    used.start()
    assert "eth0" in used.docker("exec", "live", "ip", "addr").stdout
    used.docker("rm", "-f", "live")
    used.stop()
    used.config_file.write_text('[drivers]\nnetwork = "macvlan"\n')
    used.start()
    assert used.docker("network", "inspect", "bridge", "--format", "{{.Driver}}").stdout == "macvlan\n"


def test_what_a_driver_made_that_is_gone_can_be_forgotten(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    environment = with_hostile(tmp_path, tmp_path / "behaviour")
    with start_daemon(environment=environment) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("network", "create", "-d", "hostile", "apart")
        daemon.docker("volume", "create", "-d", "hostile", "data")
        daemon.docker("run", "-d", "--name", "on", "--network", "apart", "busybox", "sleep", "1000")
        daemon.docker("run", "-d", "--name", "by", "--runtime", "hostile", "busybox", "sleep", "1000")
        daemon.stop()
        daemon.environment = {}
        daemon.start()
        daemon.docker("rm", "-f", "on")
        daemon.docker("network", "rm", "apart")
        assert 'plugin "hostile" not found' in daemon.docker("volume", "rm", "data", check=False).stderr
        daemon.docker("volume", "rm", "-f", "data")
        assert daemon.docker("volume", "ls", "-q").stdout == ""
        assert "Up" in daemon.docker("ps", "-a", "--filter", "name=by", "--format", "{{.Status}}").stdout
        assert "unknown or invalid runtime name: hostile" in daemon.docker("rm", "-f", "by", check=False).stderr
        daemon.stop()
        daemon.environment = environment
        daemon.start()
        assert daemon.docker("exec", "by", "echo", "ok").stdout == "ok\n"
        daemon.remove_containers()
        for line in daemon.docker("volume", "ls", "-q").stdout.split():  # its driver still had it
            daemon.docker("volume", "rm", line)
