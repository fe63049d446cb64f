"""CNI networks as a user of Docker meets them."""

import json
import signal

import pytest

from tests.asking import eventually
from tests.integration.net_cni.conftest import FAILING, SLOW, Cni, cat

pytestmark = pytest.mark.privileged

SERVE = ("busybox", "nc", "-ll", "-p", "7000", "-e", "echo", "pong")


def inspect(cni: Cni, *words: str) -> dict[str, object]:
    found: list[dict[str, object]] = json.loads(cni.daemon.docker("inspect", *words).stdout)
    return found[0]


def address(cni: Cni, container: str, network: str) -> str:
    return cni.daemon.docker(
        "inspect", "-f", f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}', container
    ).stdout.strip()


@pytest.mark.parametrize("version", ["1.0.0", "0.4.0"])
def test_a_network_from_its_creation_to_its_end(cni: Cni, version: str) -> None:
    docker = cni.daemon.docker
    cni.write("lan", 1, version=version)
    cni.write("yard", 2, version=version)
    docker("network", "create", "--driver", "cni", "--opt", "conflist=lan", "web")
    docker("network", "create", "--driver", "cni", "yard")
    assert inspect(cni, "--type", "network", "web")["IPAM"]["Config"] == [{"Subnet": "10.88.1.0/24", "Gateway": "10.88.1.1"}]
    docker("run", "-d", "--name", "server", "--network", "web", "-p", "18080:7000", *SERVE)
    docker(
        "run",
        "-d",
        "--name",
        "client",
        "--network",
        "web",
        "--ip",
        "10.88.1.77",
        "--mac-address",
        "02:00:00:00:00:77",
        "busybox",
        "sleep",
        "100",
    )
    assert docker("port", "server").stdout.split() == ["7000/tcp", "->", "0.0.0.0:18080"]
    assert cat(cni.daemon, "127.0.0.1", 18080) == "pong"
    assert docker("exec", "client", "nc", "server", "7000").stdout == "pong\n", "by its name"
    assert address(cni, "client", "web") == "10.88.1.77"
    assert docker("exec", "client", "cat", "/sys/class/net/eth0/address").stdout == "02:00:00:00:00:77\n"

    docker("network", "connect", "yard", "client")
    docker("network", "connect", "yard", "server")
    assert docker("exec", "client", "nc", address(cni, "server", "yard"), "7000").stdout == "pong\n"
    assert docker("exec", "client", "ip", "route").stdout.startswith("default via 10.88.1.1 dev eth0 \n")
    docker("network", "disconnect", "web", "client")
    assert docker("exec", "client", "ip", "route").stdout.startswith("default via 10.88.2.1 dev eth1 \n"), "the other takes over"

    assert "has active endpoints" in docker("network", "rm", "web", check=False).stderr
    docker("restart", "-t", "0", "server")
    assert cat(cni.daemon, "127.0.0.1", 18080) == "pong"
    docker("rm", "-f", "server", "client")
    assert (cni.leases(), cni.rules()) == ([], "")
    docker("network", "rm", "web", "yard")
    assert cni.nothing_left()


def test_beside_a_bridge_network(cni: Cni) -> None:
    docker = cni.daemon.docker
    cni.write("lan", 1)
    docker("network", "create", "--driver", "cni", "lan")
    docker("network", "create", "built")
    docker("run", "-d", "--name", "one", "--network", "built", "busybox", "sleep", "100")
    docker("network", "connect", "lan", "one")
    assert set(docker("exec", "one", "ls", "/sys/class/net").stdout.split()) >= {"lo", "eth0", "eth1"}
    assert docker("exec", "one", "ip", "route").stdout.splitlines()[0].endswith("dev eth0 ")
    docker("network", "disconnect", "built", "one")
    assert docker("exec", "one", "ip", "route").stdout.startswith("default via 10.88.1.1 dev eth1 "), "takes over"
    docker("rm", "-f", "one")
    docker("network", "rm", "lan")
    assert cni.nothing_left()


def test_the_daemons_death(cni: Cni) -> None:
    docker, daemon = cni.daemon.docker, cni.daemon
    cni.write("lan", 1)
    docker("network", "create", "--driver", "cni", "lan")
    docker("run", "-d", "--name", "stays", "--network", "lan", "-p", "18080:7000", *SERVE)
    docker("run", "-d", "--name", "goes", "--network", "lan", "-p", "18081:7000", *SERVE)
    pid = int(docker("inspect", "-f", "{{.State.Pid}}", "goes").stdout)
    daemon.kill9()
    daemon.run("kill", f"-{signal.SIGKILL:d}", str(pid))
    assert cat(daemon, "127.0.0.1", 18080) == "pong", "while no daemon runs"
    (cni.directory / "lan.conflist").rename(cni.directory / "lan.lost")  # what is undone needs no list of today
    daemon.start()
    (cni.directory / "lan.lost").rename(cni.directory / "lan.conflist")
    assert cat(daemon, "127.0.0.1", 18080) == "pong"
    assert len(cni.leases()) == 1
    assert address(cni, "stays", "lan") in cni.leases()
    assert daemon.docker("start", "goes").stdout == "goes\n"
    assert cat(daemon, "127.0.0.1", 18081) == "pong"
    docker("rm", "-f", "stays", "goes")
    docker("network", "rm", "lan")
    assert cni.nothing_left()


def test_death_in_the_middle_of_an_addition(cni: Cni) -> None:
    docker, daemon = cni.daemon.docker, cni.daemon
    flag = cni.directory / "adding"
    cni.program("slow", SLOW.format(flag=flag))
    cni.write("lan", 1, {"type": "slow"})
    docker("network", "create", "--driver", "cni", "lan")
    docker("create", "--name", "one", "--network", "lan", "-p", "18080:7000", *SERVE)
    starting = daemon.popen("docker", "start", "one")
    eventually(flag.exists)
    daemon.kill9()
    starting.wait()
    for stream in (starting.stdin, starting.stdout, starting.stderr):
        assert stream is not None
        stream.close()
    assert len(cni.leases()) == 1
    daemon.start()
    assert (cni.leases(), cni.rules()) == ([], "")
    docker("rm", "one")
    docker("network", "rm", "lan")
    assert cni.nothing_left()


def test_what_cannot_be_is_refused_in_words(cni: Cni) -> None:
    docker = cni.daemon.docker
    cni.write("lan", 1)
    cni.write("needy", 2, {"type": "no-such-program"})
    cni.write("broken", 3, {"type": "failing"})
    cni.program("failing", FAILING)
    (cni.directory / "plain.conflist").write_text(
        json.dumps(
            {
                "cniVersion": "1.0.0",
                "name": "plain",
                "plugins": [
                    {
                        "type": "ptp",
                        "ipam": {"type": "host-local", "subnet": "10.88.4.0/24", "dataDir": str(cni.directory / "leases")},
                    }
                ],
            }
        )
    )

    def refused(*words: str) -> str:
        done = docker(*words, check=False)
        assert done.returncode != 0
        return done.stderr

    def create(*words: str) -> str:
        return refused("network", "create", "--driver", "cni", *words)

    assert 'no CNI network configuration list is named "none-such"' in create("none-such")
    assert 'failed to find plugin "no-such-program" in path [/usr/lib/cni' in create("needy")
    assert "--internal cannot be asked for" in create("--internal", "lan")
    assert 'the subnet 10.1.0.0/24 is not one of the CNI list "lan"' in create("--subnet", "10.1.0.0/24", "lan")
    subnet = ("--subnet", "10.88.1.0/24")
    assert 'the gateway of 10.88.1.0/24 in the CNI list "lan" is 10.88.1.1' in create(*subnet, "--gateway", "10.88.1.9", "lan")
    assert "takes no IP range" in create(*subnet, "--ip-range", "10.88.1.64/26", "lan")
    docker("network", "create", "--driver", "cni", *subnet, "--gateway", "10.88.1.1", "lan")
    assert "Pool overlaps" in create("--opt", "conflist=lan", "again")
    for name in ("plain", "broken"):
        docker("network", "create", "--driver", "cni", name)
    run = ("run", "--rm", "--network", "plain")
    assert 'no plugin of the CNI list "plain" has the capability portMappings' in refused(*run, "-p", "80", "busybox", "true")
    assert "has the capability ips" in refused(*run, "--ip", "10.88.4.9", "busybox", "true")
    assert "has the capability mac" in refused(*run, "--mac-address", "02:00:00:00:00:09", "busybox", "true")
    assert "cni: failing ADD: the cable is cut: by a digger" in refused("run", "--network", "broken", "busybox", "true")
    assert docker(*run, "busybox", "ip", "route").stdout.startswith("10.88.4.0/24 via 10.88.4.1 dev eth0")
    assert (cni.leases(), cni.rules()) == ([], "")


def test_the_plugin_firewall_isolates_networks(cni: Cni) -> None:
    docker = cni.daemon.docker
    for number, name in enumerate(("a", "b")):
        cni.write(name, number, {"type": "firewall", "ingressPolicy": "same-bridge"})
        docker("network", "create", "--driver", "cni", name)
        docker("run", "-d", "--name", f"in-{name}", "--network", name, *SERVE)
    reach = ("exec", "in-a", "timeout", "1", "nc", address(cni, "in-b", "b"), "7000")
    assert docker(*reach, check=False).stdout == ""
    docker("network", "connect", "b", "in-a")
    assert docker(*reach).stdout == "pong\n"
