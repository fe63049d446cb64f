"""The verbs of the command line on every storage driver with every runtime and every network driver, bundled and of third parties, with their
drivers in the daemon and in processes of their own. `make test-matrix`.

The third parties are the plugins of the author's guides, installed as their readers do it.
"""

import itertools
import os
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sdk.providers import Kind
from tests.asking import eventually
from tests.cni import write_bridge_list
from tests.conftest import open_ready_daemon
from tests.daemon import Daemon
from tests.docs.projects import GUIDES, write_project

STORAGE = ("overlay", "vfs", "copies")
RUNTIMES = ("ns", "by-runc", "by-crun", "audited")
NETWORKS = ("bridge", "cni", "routed")
THIRD_PARTIES = (Kind.STORAGE, Kind.NETWORK, Kind.RUNTIME)
ISOLATED = ("storage_overlay", "storage_vfs", "storage_copies", "net_bridge", "net_cni", "network_routed", "volume_local")

CONFIG = """
[drivers]
storage = "{storage}"

[runtimes.by-runc]
path = "runc"

[runtimes.by-crun]
path = "crun"

[plugins.net_cni]
conf_dir = "{lists}"
"""

pytestmark = [pytest.mark.privileged, pytest.mark.slow]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which the plugins of the guides are installed."""
    target = tmp_path_factory.mktemp("guides")
    roots = [write_project(GUIDES[kind], target / kind).root for kind in THIRD_PARTIES]
    return {**os.environ, "PYTHONPATH": ":".join(map(str, roots))}


@pytest.fixture(
    scope="module",
    params=list(itertools.product(STORAGE, (False, True))),
    ids=lambda chosen: f"{chosen[0]}, {'isolated' if chosen[1] else 'in the daemon'}",
)
def machine(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    tmpfs: Path,
    tmp_path_factory: pytest.TempPathFactory,
    registry_storage: Path,
) -> Iterator[Daemon]:
    """A daemon with a storage driver; whether its drivers are isolated is a part of the matrix."""
    storage, is_isolated = request.param
    lists = tmp_path_factory.mktemp("lists")
    write_bridge_list(lists, "cni", IPv4Network("10.88.7.0/24"))
    config = CONFIG.format(storage=storage, lists=lists) + "".join(f"\n[isolation.{name}]" for name in ISOLATED if is_isolated)
    with open_ready_daemon(tmpfs, registry_storage, config, environment=environment) as daemon:
        yield daemon


@pytest.fixture
def daemon(machine: Daemon) -> Iterator[Daemon]:
    """The same, without what an earlier test made."""
    yield machine
    machine.remove_containers()
    machine.docker("network", "prune", "-f")
    machine.docker("volume", "prune", "-af")
    machine.docker("rmi", "-f", "made", check=False)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_verbs(daemon: Daemon, runtime: str, network: str) -> None:
    if f'runtime "{runtime}" cannot be used: no OCI runtime works here (crun: cgroups in hybrid mode' in daemon.log.read_text():
        pytest.skip("crun: cgroups in hybrid mode not supported")
    options = ["--opt", "conflist=cni"] if network == "cni" else []
    daemon.docker("network", "create", "--driver", network, *options, "lan")
    daemon.docker("volume", "create", "data")
    ports = [] if network == "routed" else ["-p", "8080:80"]  # it publishes none, and says so
    serve = "echo begun; echo index > /d/index.html; touch /made; exec httpd -f -h /d"
    words = ["--runtime", runtime, "--network", "lan", "-v", "data:/d", *ports, "busybox", "sh", "-c", serve]
    daemon.docker("run", "-d", "--name", "web", *words)
    daemon.docker("exec", "web", "sh", "-c", "until [ -e /made ]; do sleep 0.1; done")
    assert daemon.docker("logs", "web").stdout == "begun\n"
    ask = ("run", "--rm", "--runtime", runtime, "--network", "lan")
    assert daemon.docker(*ask, "busybox", "wget", "-qO-", "http://web/").stdout == "index\n"
    if ports:
        eventually(lambda: daemon.run("curl", "-sf", "http://127.0.0.1:8080/", check=False).stdout == "index\n")
    assert "A /made\n" in daemon.docker("diff", "web").stdout
    assert "httpd" in daemon.docker("top", "web").stdout
    daemon.docker("cp", "web:/d/index.html", str(daemon.directory / "copied"))
    assert (daemon.directory / "copied").read_text() == "index\n"
    daemon.docker("commit", "web", "made")
    assert daemon.docker(*ask, "made", "sh", "-c", "ls /made; cat /etc/hostname | wc -l").stdout == "/made\n1\n"
    daemon.kill9()
    daemon.start()
    assert daemon.docker("exec", "web", "cat", "/d/index.html").stdout == "index\n"
    daemon.docker("restart", "-t", "0", "web")
    assert daemon.docker("inspect", "-f", "{{.State.Status}} {{.HostConfig.Runtime}}", "web").stdout == f"running {runtime}\n"
    daemon.docker("stop", "-t", "0", "web")
    assert daemon.docker("inspect", "-f", "{{.State.ExitCode}}", "web").stdout == "137\n"
    daemon.docker("rm", "web")
    daemon.docker("network", "rm", "lan")
    daemon.docker("volume", "rm", "data")
    daemon.docker("rmi", "made")
    daemon.assert_clean()
