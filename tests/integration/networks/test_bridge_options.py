"""User-defined bridges in all their options, by the API and the stock Docker CLI."""

import json

import pytest

from tests.daemon import Daemon
from tests.integration.networks.conftest import Docker

pytestmark = pytest.mark.privileged

SLEEP = ("busybox", "sleep", "1000")


def inspect(docker: Docker, *words: str) -> dict:
    return json.loads(docker("inspect", *words))[0]


def place(docker: Docker, container: str, network: str) -> dict:
    return inspect(docker, container)["NetworkSettings"]["Networks"][network]


def reaches(docker: Docker, container: str, address: str) -> bool:
    ping = "ping -6" if ":" in address else "ping"
    return docker("exec", container, "sh", "-c", f"{ping} -c1 -W1 {address} >/dev/null 2>&1 && echo yes || echo no") == "yes"


def routes(docker: Docker, container: str, version: str = "-4") -> list[str]:
    """Return the interfaces a container's default routes lead by."""
    lines = docker("exec", container, "ip", version, "route").splitlines()
    return [line.split()[4] for line in lines if line.startswith("default")]


def test_both_ip_versions_with_chosen_addresses(docker: Docker) -> None:
    docker(
        "network", "create", "--ipv6", "--subnet", "10.77.0.0/24", "--subnet", "fd00:77::/64", "--gateway", "fd00:77::ff", "both"
    )
    docker("run", "-d", "--name", "one", "--network", "both", "--ip", "10.77.0.9", "--ip6", "fd00:77::9", *SLEEP)
    docker("run", "-d", "--name", "two", "--network", "both", "--mac-address", "02:42:00:00:00:77", *SLEEP)
    one, two = place(docker, "one", "both"), place(docker, "two", "both")
    assert (one["IPAddress"], one["GlobalIPv6Address"], one["GlobalIPv6PrefixLen"]) == ("10.77.0.9", "fd00:77::9", 64)
    assert (one["IPv6Gateway"], one["IPAMConfig"]) == ("fd00:77::ff", {"IPv4Address": "10.77.0.9", "IPv6Address": "fd00:77::9"})
    assert two["MacAddress"] == "02:42:00:00:00:77"
    assert "02:42:00:00:00:77" in docker("exec", "two", "cat", "/sys/class/net/eth0/address")
    for address in (two["IPAddress"], two["GlobalIPv6Address"], "fd00:77::ff"):
        assert reaches(docker, "one", address)
    assert f"{two['GlobalIPv6Address']}\t" in docker("exec", "two", "cat", "/etc/hosts")
    assert docker("exec", "one", "nslookup", "-type=aaaa", "two").endswith(two["GlobalIPv6Address"])


def test_ipv6_without_a_subnet_gets_one(docker: Docker) -> None:
    docker("network", "create", "--ipv6", "six")
    subnets = [pool["Subnet"] for pool in inspect(docker, "--type", "network", "six")["IPAM"]["Config"]]
    assert sorted(":" in subnet for subnet in subnets) == [False, True]


def test_addresses_come_from_the_range_and_spare_auxiliary_ones(docker: Docker) -> None:
    pool = ("--subnet", "10.77.0.0/16", "--ip-range", "10.77.5.0/29", "--gateway", "10.77.0.1")
    docker("network", "create", *pool, "--aux-address", "router=10.77.5.1", "--aux-address", "switch=10.77.5.2", "small")
    for name in ("one", "two"):
        docker("run", "-d", "--name", name, "--network", "small", *SLEEP)
    given = {place(docker, name, "small")["IPAddress"] for name in ("one", "two")}
    assert given < {f"10.77.5.{number}" for number in (0, 3, 4, 5, 6, 7)}
    config = inspect(docker, "--type", "network", "small")["IPAM"]["Config"]
    assert config == [
        {
            "Subnet": "10.77.0.0/16",
            "IPRange": "10.77.5.0/29",
            "Gateway": "10.77.0.1",
            "AuxiliaryAddresses": {"router": "10.77.5.1", "switch": "10.77.5.2"},
        }
    ]


def test_a_range_that_is_used_up(shared_daemon: Daemon, docker: Docker) -> None:
    docker("network", "create", "--subnet", "10.77.0.0/30", "tiny")
    docker("run", "-d", "--name", "one", "--network", "tiny", *SLEEP)
    refused = shared_daemon.docker("run", "-d", "--name", "two", "--network", "tiny", *SLEEP, check=False)
    assert "no available IPv4 addresses on this network's address pools: tiny" in refused.stderr
    docker("rm", "-f", "one")
    docker("start", "two")


def test_forty_networks_have_room(docker: Docker, shared_daemon: Daemon) -> None:
    """Docker's own pools end after 31."""
    for number in range(40):
        status, body = shared_daemon.request("POST", "/networks/create", {"Name": f"n{number}"})
        assert status == 201, body


def test_networks_are_isolated_until_a_container_joins_both(docker: Docker) -> None:
    for name in ("a", "b"):
        docker("network", "create", name)
        docker("run", "-d", "--name", f"in-{name}", "--network", name, *SLEEP)
    address = place(docker, "in-b", "b")["IPAddress"]
    assert not reaches(docker, "in-a", address)
    docker("network", "connect", "b", "in-a")
    assert reaches(docker, "in-a", address)
    docker("network", "disconnect", "b", "in-a")
    assert not reaches(docker, "in-a", address)


def test_without_icc_containers_do_not_meet(docker: Docker) -> None:
    docker("network", "create", "--opt", "com.docker.network.bridge.enable_icc=false", "apart")
    for name in ("one", "two"):
        docker("run", "-d", "--name", name, "--network", "apart", *SLEEP)
    two = place(docker, "two", "apart")
    assert not reaches(docker, "one", two["IPAddress"])
    assert reaches(docker, "one", two["Gateway"])


def test_options_of_the_bridge(docker: Docker, shared_daemon: Daemon) -> None:
    options = {
        "com.docker.network.bridge.name": "ournet",
        "com.docker.network.driver.mtu": "1400",
        "com.docker.network.container_iface_prefix": "lan",
        "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
    }
    docker("network", "create", *(word for option in options.items() for word in ("--opt", "=".join(option))), "own")
    docker("run", "-d", "--name", "one", "--network", "own", "-p", "80", *SLEEP)
    assert docker("port", "one", "80").startswith("127.0.0.1:")
    assert "lan0" in docker("exec", "one", "ls", "/sys/class/net")
    assert docker("exec", "one", "cat", "/sys/class/net/lan0/mtu") == "1400"
    assert "mtu 1400" in shared_daemon.run("ip", "link", "show", "ournet").stdout
    assert inspect(docker, "--type", "network", "own")["Options"] == options
    refused = shared_daemon.docker("network", "create", "--opt", "com.docker.network.driver.mtu=much", "wrong", check=False)
    assert "invalid value for com.docker.network.driver.mtu" in refused.stderr


def test_inspect_says_what_dockers_does(docker: Docker) -> None:
    docker("network", "create", "--subnet", "10.77.0.0/24", "--label", "a=b", "--attachable", "web")
    container = docker("run", "-d", "--name", "one", "--network", "web", *SLEEP)
    network = inspect(docker, "--type", "network", "web")
    made = inspect(docker, "one")["NetworkSettings"]["Networks"]["web"]
    assert network.pop("Created")
    assert network.pop("Id") == made["NetworkID"]
    assert network == {
        "Name": "web",
        "Scope": "local",
        "Driver": "bridge",
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": {}, "Config": [{"Subnet": "10.77.0.0/24", "Gateway": "10.77.0.1"}]},
        "Internal": False,
        "Attachable": True,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {
            container: {
                "Name": "one",
                "EndpointID": made["EndpointID"],
                "MacAddress": made["MacAddress"],
                "IPv4Address": "10.77.0.2/24",
                "IPv6Address": "",
            }
        },
        "Options": {},
        "Labels": {"a": "b"},
    }


def test_prune_by_label_and_age(docker: Docker) -> None:
    for name, label in (("keep", "stay=1"), ("go", "stay=0"), ("other", "x=y")):
        docker("network", "create", "--label", label, name)
    assert docker("network", "prune", "-f", "--filter", "until=1h") == ""
    assert "go" in docker("network", "prune", "-f", "--filter", "label=stay=0")
    assert "other" in docker("network", "prune", "-f", "--filter", "label!=stay")
    assert docker("network", "ls", "-q", "--filter", "name=keep") != ""


def test_the_network_of_the_highest_priority_is_the_gateway(docker: Docker, shared_daemon: Daemon) -> None:
    for name in ("a", "b", "c"):
        docker("network", "create", name)
    docker("network", "create", "--internal", "inn")
    request = {
        "Image": "busybox",
        "Cmd": ["sleep", "1000"],
        "HostConfig": {"NetworkMode": "a"},
        "NetworkingConfig": {"EndpointsConfig": {"a": {}, "b": {"GwPriority": 5}, "inn": {"GwPriority": 99}}},
    }
    assert shared_daemon.request("POST", "/containers/create?name=one", request)[0] == 201
    docker("start", "one")
    assert place(docker, "one", "b")["GwPriority"] == 5
    gateway = f"default via {place(docker, 'one', 'b')['Gateway']} "
    assert docker("exec", "one", "ip", "route").startswith(gateway)
    assert routes(docker, "one") == ["eth1"], "there is no other default route"
    connect = {"Container": "one", "EndpointConfig": {"GwPriority": 9}}
    assert shared_daemon.request("POST", "/networks/c/connect", connect)[0] == 200
    assert routes(docker, "one") == ["eth3"], "a later one of higher priority takes over"
    shared_daemon.kill9()
    shared_daemon.start()
    docker("network", "disconnect", "c", "one")
    assert docker("exec", "one", "ip", "route").startswith(gateway), "and gives back, also after the daemon's death"
    docker("network", "disconnect", "b", "one")
    assert routes(docker, "one") == ["eth0"]
    docker("network", "disconnect", "a", "one")
    assert routes(docker, "one") == [], "an internal network is no way out"


def test_each_ip_version_has_its_own_way_out(docker: Docker) -> None:
    """The one of the highest rank that has the version: what has both comes before what has one, and then the name decides."""
    for name, versions in (("a4", ["--ipv4"]), ("b6", ["--ipv4=false", "--ipv6"]), ("c46", ["--ipv6"]), ("d46", ["--ipv6"])):
        docker("network", "create", *versions, name)
    docker("run", "-d", "--name", "one", "--network", "a4", *SLEEP)
    assert (routes(docker, "one"), routes(docker, "one", "-6")) == (["eth0"], [])
    docker("network", "connect", "b6", "one")
    assert (routes(docker, "one"), routes(docker, "one", "-6")) == (["eth0"], ["eth1"])
    docker("network", "connect", "d46", "one")
    assert (routes(docker, "one"), routes(docker, "one", "-6")) == (["eth2"], ["eth2"])
    docker("network", "connect", "c46", "one")
    assert (routes(docker, "one"), routes(docker, "one", "-6")) == (["eth3"], ["eth3"])
    docker("restart", "-t", "0", "one")
    assert len(routes(docker, "one")) == len(routes(docker, "one", "-6")) == 1
    docker("network", "disconnect", "c46", "one")
    docker("network", "disconnect", "d46", "one")
    four, six = (docker("exec", "one", "ip", version, "route", "show", "default") for version in ("-4", "-6"))
    assert f"via {place(docker, 'one', 'a4')['Gateway']} " in four
    assert f"via {place(docker, 'one', 'b6')['IPv6Gateway']} " in six
    docker("network", "disconnect", "b6", "one")
    assert (len(routes(docker, "one")), routes(docker, "one", "-6")) == (1, [])


def test_how_packets_reach_a_port_is_explained(docker: Docker, shared_daemon: Daemon) -> None:
    docker("run", "-d", "--name", "web", "-p", "18080:80", "-p", "127.0.0.1:18081:81/udp", *SLEEP)
    address = place(docker, "web", "bridge")["IPAddress"]
    said = shared_daemon.core("--host", shared_daemon.host, "network", "explain", "web").stdout
    first, second, *relayed, third = said.strip().split("\n\n")
    assert first.startswith("0.0.0.0:18080/tcp, from another host\n")
    assert [line.split()[0] for line in first.splitlines()[1:-1]] == ["prerouting", "published", "forward", "forward"]
    assert f"element tcp . 18080: destination becomes {address}:80" in first
    assert first.endswith(f"arrives at {address}:80 by core0")
    assert second.startswith("0.0.0.0:18080/tcp, from this host, to 127.0.0.1:18080\n")
    assert "source becomes the bridge's address" in second
    assert [way.splitlines()[0] for way in relayed] == [
        "[::]:18080/tcp, from another host",
        "[::]:18080/tcp, from this host, to [::1]:18080",
    ]
    assert all(way.endswith(f"relayed to {address}:80") for way in relayed)
    assert third.startswith("127.0.0.1:18081/udp, from this host, to 127.0.0.1:18081\n")
    table = shared_daemon.run("nft", "list", "tables", "inet").stdout.split()[-1]
    shared_daemon.run("nft", "add", "rule", "inet", table, "user", "tcp", "dport", "80", "drop")
    shared_daemon.run("nft", "add", "rule", "inet", table, "user", "meta", "nfproto", "ipv4", "drop")
    said = shared_daemon.core("--host", shared_daemon.host, "network", "explain", "--all", "web").stdout
    assert "tcp dport 80 drop" in said
    assert "may decide otherwise" in said
    assert "\n  dropped\n" in said
    shared_daemon.run("nft", "flush", "chain", "inet", table, "user")
    docker("create", "--name", "off", "busybox")
    assert "is not running" in shared_daemon.core("--host", shared_daemon.host, "network", "explain", "off", check=False).stderr


def test_the_options_of_ipam_are_shown_as_they_were_given(docker: Docker, shared_daemon: Daemon) -> None:
    for name, options in (("none", None), ("empty", {})):
        body = {"Name": f"options-{name}", "IPAM": {"Driver": "default", "Options": options}}
        assert shared_daemon.request("POST", "/networks/create", body)[0] == 201
        assert inspect(docker, "--type", "network", f"options-{name}")["IPAM"]["Options"] == options


@pytest.mark.parametrize("option", ["gateway_mode_ipv4=isolated", "inhibit_ipv4=true"])
def test_two_containers_share_a_pair_of_addresses_on_a_bridge_that_has_none(
    docker: Docker, shared_daemon: Daemon, option: str
) -> None:
    options = ("--internal", "--subnet", "192.168.135.0/31", "-o", f"com.docker.network.bridge.{option}")
    docker("network", "create", *options, "-o", "com.docker.network.bridge.name=pair", "pair")
    for name in ("one", "two"):
        docker("run", "-d", "--name", name, "--network", "pair", *SLEEP)
    assert reaches(docker, "one", "two")
    assert "inet " not in shared_daemon.run("ip", "address", "show", "dev", "pair").stdout


def test_a_bridge_that_is_isolated_by_both_versions_has_no_address_at_all(docker: Docker, shared_daemon: Daemon) -> None:
    modes = [f"com.docker.network.bridge.gateway_mode_ipv{version}=isolated" for version in (4, 6)]
    docker(
        "network",
        "create",
        "--internal",
        "--ipv6",
        "-o",
        modes[0],
        "-o",
        modes[1],
        "-o",
        "com.docker.network.bridge.name=none6",
        "iso",
    )
    docker("run", "-d", "--name", "one", "--network", "iso", *SLEEP)
    docker("run", "-d", "--name", "two", "--network", "iso", *SLEEP)
    assert reaches(docker, "one", "two")
    assert reaches(docker, "one", place(docker, "two", "iso")["GlobalIPv6Address"])
    assert "inet" not in shared_daemon.run("ip", "address", "show", "dev", "none6").stdout


def test_a_default_route_of_the_containers_own_keeps_a_network_away_and_nothing_is_left_of_it(
    docker: Docker, shared_daemon: Daemon
) -> None:
    docker("network", "create", "--internal", "--subnet", "10.77.0.0/24", "inn")
    docker("network", "create", "out")
    docker("run", "-d", "--privileged", "--name", "one", "--network", "inn", *SLEEP)
    docker("exec", "one", "ip", "route", "add", "default", "via", "10.77.0.1")
    refused = shared_daemon.docker("network", "connect", "out", "one", check=False)
    assert "failed to set gateway: file exists" in refused.stderr
    assert list(inspect(docker, "one")["NetworkSettings"]["Networks"]) == ["inn"]
    assert "eth1" not in docker("exec", "one", "ip", "link")
    docker("exec", "one", "ip", "route", "del", "default")
    docker("network", "connect", "out", "one")
    assert routes(docker, "one") == ["eth1"]


@pytest.mark.parametrize("internal", [(), ("--internal", "-o", "com.docker.network.bridge.gateway_mode_ipv6=isolated")])
def test_a_network_may_carry_less_than_ipv6_requires(docker: Docker, internal: tuple[str, ...]) -> None:
    """The kernel then has no IPv6 on its links, which cannot be told to have no address of it."""
    docker("network", "create", "-o", "com.docker.network.driver.mtu=1234", *internal, "small")
    for name in ("one", "two"):
        docker("run", "-d", "--name", name, "--network", "small", *SLEEP)
    assert "mtu 1234" in docker("exec", "one", "ip", "link", "show", "eth0")
    assert reaches(docker, "one", "two")


def test_a_name_that_an_interface_has_already_is_refused(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "other")
    docker("run", "-d", "--name", "one", *SLEEP)
    refused = shared_daemon.docker(
        "network", "connect", "--driver-opt", "com.docker.network.endpoint.ifname=eth0", "other", "one", check=False
    )
    assert 'error renaming interface to "eth0": file exists' in refused.stderr
    docker("network", "connect", "other", "one")


def test_host_gateway_is_the_default_networks_also_on_others(docker: Docker) -> None:
    docker("network", "create", "other")
    for network in ("bridge", "other"):
        hosts = docker("run", "--rm", "--network", network, "--add-host", "hg:host-gateway", "busybox", "cat", "/etc/hosts")
        assert "172.17.0.1\thg\n" in hosts


def test_a_name_server_that_is_to_ask_itself_does_not(docker: Docker, shared_daemon: Daemon) -> None:
    """It would go on doing so with each question it sends."""
    docker("network", "create", "web")
    docker("run", "-d", "--name", "one", "--network", "web", "--dns", "127.0.0.11", *SLEEP)
    said = shared_daemon.docker("exec", "one", "nslookup", "example.org", check=False)
    assert "SERVFAIL" in said.stdout + said.stderr


def test_containers_route_by_the_router_that_an_auxiliary_address_names(docker: Docker) -> None:
    router = ("--aux-address", "DefaultGatewayIPv4=10.77.0.254", "--aux-address", "DefaultGatewayIPv6=fd00:77::fe")
    docker("network", "create", "--ipv6", "--subnet", "10.77.0.0/24", "--subnet", "fd00:77::/64", *router, "behind")
    docker("run", "-d", "--name", "one", "--network", "behind", *SLEEP)
    assert "default via 10.77.0.254 " in docker("exec", "one", "ip", "route")
    assert "default via fd00:77::fe " in docker("exec", "one", "ip", "-6", "route")
    made = place(docker, "one", "behind")
    assert (made["Gateway"], made["IPv6Gateway"]) == ("10.77.0.254", "fd00:77::fe")
    assert reaches(docker, "one", "10.77.0.1"), "the bridge keeps its own address"
