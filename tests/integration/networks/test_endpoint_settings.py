"""What is asked of a container's endpoints and names, by the stock CLI and the API."""

import json
from collections.abc import Callable

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

Docker = Callable[..., str]

SLEEP = ("busybox", "sleep", "1000")
MARTIANS = "com.docker.network.endpoint.sysctls=net.ipv4.conf.{}.log_martians=1"


def refused(daemon: Daemon, path: str, body: object) -> tuple[int, str]:
    status, said = daemon.request("POST", path, body)
    return status, json.loads(said).get("message", "")


def test_interface_parameters_as_the_docker_cli_writes_them(docker: Docker) -> None:
    """It sends them in lower case."""
    docker("network", "create", "one")
    docker("run", "-d", "--name", "box", "--network", f"name=one,driver-opt={MARTIANS.format('IFNAME')}", *SLEEP)
    assert docker("exec", "box", "cat", "/proc/sys/net/ipv4/conf/eth0/log_martians") == "1"


def test_a_dotted_hostname_is_found_in_short_and_without_ipv6_there_are_no_lines_of_it(docker: Docker) -> None:
    docker("run", "-d", "--name", "box", "--hostname", "me.example.org", *SLEEP)
    assert docker("exec", "box", "cat", "/etc/hosts").endswith("\tme.example.org me")
    docker("exec", "box", "ping", "-c1", "-W5", "me")
    docker("network", "create", "--ipv6", "six")
    off = ("--sysctl", "net.ipv6.conf.all.disable_ipv6=1", "--add-host", "far:fd00::7", "--add-host", "near:192.0.2.7")
    docker("run", "-d", "--name", "four", *off, *SLEEP)
    lines = docker("exec", "four", "cat", "/etc/hosts").splitlines()
    assert lines[:2] == ["127.0.0.1\tlocalhost", "192.0.2.7\tnear"]
    assert not any(":" in line.split()[0] for line in lines)


def test_a_container_with_ipv6_switched_off_has_no_name_of_it_on_a_network(docker: Docker) -> None:
    docker("network", "create", "--ipv6", "six")
    docker("run", "-d", "--name", "four", "--network", "six", "--sysctl", "net.ipv6.conf.all.disable_ipv6=1", *SLEEP)
    place = json.loads(docker("inspect", "four"))[0]["NetworkSettings"]["Networks"]["six"]
    assert (place["GlobalIPv6Address"], place["GlobalIPv6PrefixLen"]) == ("", 0)
    docker("run", "-d", "--name", "box", "--network", "six", *SLEEP)
    assert place["IPAddress"] in docker("exec", "box", "nslookup", "four")
    assert "fd" not in docker("exec", "box", "nslookup", "-type=aaaa", "four")


def test_an_address_on_a_network_whose_subnet_came_from_the_pools(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "--ipv6", "open")
    pools = json.loads(docker("network", "inspect", "open"))[0]["IPAM"]["Config"]
    four, six = (pool["Subnet"].partition("/")[0] for pool in pools)
    wished = (f"{four.rpartition('.')[0]}.77", f"{six}77")
    docker("run", "-d", "--name", "box", "--network", "open", "--ip", wished[0], "--ip6", wished[1], *SLEEP)
    place = json.loads(docker("inspect", "box"))[0]["NetworkSettings"]["Networks"]["open"]
    assert (place["IPAddress"], place["GlobalIPv6Address"]) == wished


def test_what_makes_no_sense_is_refused_when_it_is_asked_for(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "--subnet", "10.77.0.0/24", "net")
    docker("create", "--name", "box", *SLEEP)

    def created(**endpoint: object) -> tuple[int, str]:
        body = {"Image": "busybox", "NetworkingConfig": {"EndpointsConfig": {"net": endpoint}}}
        return refused(shared_daemon, "/containers/create", body)

    def connected(**endpoint: object) -> tuple[int, str]:
        return refused(shared_daemon, "/networks/net/connect", {"Container": "box", "EndpointConfig": endpoint})

    for ask in (created, connected):
        for endpoint, sentence in (
            ({"MacAddress": "zzz"}, "invalid JSON: address zzz: invalid MAC address"),
            ({"IPAMConfig": {"IPv4Address": "zzz"}}, 'invalid JSON: ParseAddr("zzz"): unable to parse IP'),
            ({"IPAMConfig": {"LinkLocalIPs": ["zzz"]}}, 'invalid JSON: ParseAddr("zzz"): unable to parse IP'),
            ({"IPAMConfig": {"IPv6Address": "10.77.0.9"}}, "invalid IPv6 address: 10.77.0.9"),
            ({"DriverOpts": dict([MARTIANS.format("eth0").split("=", 1)])}, "unrecognised network interface sysctl"),
        ):
            status, said = ask(**endpoint)
            assert (status, sentence in said) == (400, True), said
    for host, sentence in (
        ({"Dns": ["zzz"]}, 'invalid JSON: ParseAddr("zzz"): unable to parse IP'),
        ({"ExtraHosts": ["a:zzz"]}, 'invalid IP address in add-host: "zzz"'),
        ({"ExtraHosts": ["zzz"]}, 'bad format for add-host: "zzz"'),
    ):
        status, said = refused(shared_daemon, "/containers/create", {"Image": "busybox", "HostConfig": host})
        assert (status, sentence in said) == (400, True), said
    for pool, status, sentence in (
        ({"Subnet": "10.78.0.0/24", "AuxiliaryAddresses": {"a": "zzz"}}, 400, 'ParseAddr("zzz"): unable to parse IP'),
        ({"Subnet": "zzz"}, 400, """netip.ParsePrefix("zzz"): no '/'"""),
        ({"Subnet": "10.78.0.0/24", "Gateway": "10.79.0.1"}, 400, "parent subnet 10.78.0.0/24 doesn't contain this address"),
        ({"Subnet": "10.77.0.0/16"}, 403, "invalid pool request: Pool overlaps with other one on this address space"),
    ):
        got, said = refused(shared_daemon, "/networks/create", {"Name": "bad", "IPAM": {"Config": [pool]}})
        assert (got, sentence in said) == (status, True), said


def test_older_versions_of_the_api_know_a_container_by_its_short_id_among_the_aliases(
    docker: Docker, shared_daemon: Daemon
) -> None:
    docker("network", "create", "net1")
    identity = docker("run", "-d", "--name", "box", "--network", "net1", "--network-alias", "foo", *SLEEP)
    for version, aliases in (("1.44", ["foo", identity[:12]]), ("1.45", ["foo"])):
        assert shared_daemon.json(f"/v{version}/containers/box/json")["NetworkSettings"]["Networks"]["net1"]["Aliases"] == aliases


def test_a_network_tells_how_many_of_its_addresses_are_in_use(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "--ipv4=false", "--ipv6", "--subnet", "2001:db8::/56", "six")
    assert shared_daemon.json("/v1.52/networks/six")["Status"]["IPAM"]["Subnets"] == {
        "2001:db8::/56": {"IPsInUse": 2, "DynamicIPsAvailable": 2**64 - 1}
    }
    docker("network", "create", "--subnet", "10.77.0.0/24", "four")
    docker("run", "-d", "--name", "box", "--network", "four", *SLEEP)
    assert shared_daemon.json("/v1.52/networks/four")["Status"]["IPAM"]["Subnets"] == {
        "10.77.0.0/24": {"IPsInUse": 4, "DynamicIPsAvailable": 252}
    }
    assert "Status" not in shared_daemon.json("/v1.51/networks/four")
    assert shared_daemon.json("/v1.52/networks/none")["Status"] == {"IPAM": {}}
