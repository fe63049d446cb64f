"""Networks of a project, and namespaces that services share."""

import pytest

from tests.compose.project import Project

pytestmark = pytest.mark.privileged


@pytest.fixture(scope="module")
def district(module_daemon, compose, tmp_path_factory):
    from tests.compose.conftest import opened

    with opened(module_daemon, compose, tmp_path_factory.mktemp("compose") / "district") as project:
        project("up", "--detach")
        yield project


def in_service(project: Project, service: str, script: str) -> str:
    return project("exec", "-T", service, "sh", "-c", script)


def test_addresses_of_ones_own_choice(district: Project):
    networks = district.container("school")["NetworkSettings"]["Networks"]
    assert set(networks) == {"district_town", "the-park"}
    assert networks["district_town"]["IPAddress"] == "172.31.7.10"
    assert {"school", "education"} <= set(networks["district_town"]["Aliases"])
    assert district.container("shop")["NetworkSettings"]["Networks"]["district_town"]["MacAddress"] == "02:00:00:00:07:01"
    assert "02:00:00:00:07:01" in in_service(district, "shop", "cat /sys/class/net/eth0/address")
    town = district.daemon.json("/networks/district_town")
    assert town["IPAM"]["Config"] == [{"Subnet": "172.31.7.0/24", "Gateway": "172.31.7.254"}]
    assert town["Labels"]["size"] == "small"


def test_a_container_knows_what_it_was_told(district: Project):
    assert in_service(district, "school", "hostname") == "classroom\n"
    assert "172.31.7.99\tmayor" in in_service(district, "school", "cat /etc/hosts")
    assert "town.example" in in_service(district, "school", "cat /etc/resolv.conf")
    assert in_service(district, "school", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start") == "80\n"
    assert in_service(district, "stroller", "ulimit -Sn; ulimit -Hn") == "1000\n2000\n"
    assert district.container("stroller")["HostConfig"]["Memory"] == 32 << 20


def test_networks_are_apart(district: Project):
    school = district.container("school")["NetworkSettings"]["Networks"]
    park = school["the-park"]["IPAddress"]
    assert in_service(district, "stroller", f"ping -c 1 -W 5 {park} > /dev/null && echo met") == "met\n"
    assert in_service(district, "stroller", "ping -c 1 -W 1 172.31.7.10 > /dev/null 2>&1 || echo apart") == "apart\n"
    assert "default" not in in_service(district, "stroller", "ip route")


def test_shared_and_absent_networks(district: Project):
    assert in_service(district, "guard", "wget -q -O - http://127.0.0.1/hostname") == in_service(district, "shop", "hostname")
    assert "httpd" in in_service(district, "guard", "ps")
    assert in_service(district, "guard", "grep CapEff /proc/self/status").split() == ["CapEff:", "0" * 16]
    assert in_service(district, "hermit", "ls /sys/class/net") == "lo\n"
