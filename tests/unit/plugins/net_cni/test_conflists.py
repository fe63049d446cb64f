import json
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path

import pytest

from plugins.net_cni.conflists import name_for, named, parse
from sdk.drivers.network import NetworkSpec, Subnet
from sdk.errors import InvalidArgument
from tests.cni import write_bridge_list


def text(**fields: object) -> str:
    return json.dumps({"cniVersion": "1.0.0", "name": "web", "plugins": [{"type": "ptp"}], **fields})


def test_what_a_list_says(tmp_path: Path) -> None:
    write_bridge_list(tmp_path, "web", IPv4Network("10.1.0.0/24"))
    conflist = named(tmp_path, "web")
    assert (conflist.name, conflist.version, conflist.checkable) == ("web", "1.0.0", True)
    assert conflist.programs == ("bridge", "host-local", "portmap")
    assert conflist.bridges == ("cni-web",)
    assert conflist.subnets == (Subnet(IPv4Network("10.1.0.0/24")),)
    assert [conflist.can(name) for name in ("ips", "mac", "portMappings", "bandwidth")] == [True, True, True, False]


def test_capabilities_that_are_switched_off() -> None:
    assert not parse(text(plugins=[{"type": "portmap", "capabilities": {"portMappings": False}}])).can("portMappings")


@pytest.mark.parametrize(
    ("ipam", "subnets"),
    [
        ({"type": "host-local", "subnet": "10.1.0.0/24", "gateway": "10.1.0.9"}, [("10.1.0.0/24", "10.1.0.9")]),
        (
            {"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/24"}, {"subnet": "10.2.0.0/24"}], [{"subnet": "fd00::/64"}]]},
            [("10.1.0.0/24", ""), ("fd00::/64", "")],
        ),
        ({"type": "dhcp"}, []),
        ({"type": "of-others", "subnet": "10.1.0.0/24"}, []),
    ],
)
def test_subnets_are_host_locals(ipam: dict[str, object], subnets: list[tuple[str, str]]) -> None:
    found = parse(text(plugins=[{"type": "ptp", "ipam": ipam}])).subnets
    assert found == tuple(Subnet(ip_network(cidr), IPv4Address(gateway) if gateway else None) for cidr, gateway in subnets)


def test_a_bridge_without_a_name_is_cni0() -> None:
    assert parse(text(plugins=[{"type": "bridge"}])).bridges == ("cni0",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{", "no CNI network configuration list"),
        (json.dumps({"cniVersion": "1.0.0", "name": "web"}), "missing required field `plugins`"),
        (text(cniVersion="0.2.0"), "its cniVersion is '0.2.0'; supported are 0.4.0, 1.0.0"),
        (text(name="-web"), "is no network name"),
        (text(plugins=[]), "it has no plugins"),
        (text(plugins=[{"name": "ptp"}]), "missing required field `type`"),
        (text(plugins=[{"type": "../../bin/sh"}]), "the name of a program"),
        (text(plugins=[{"type": "ptp", "ipam": {"type": "host-local", "subnet": "ten"}}]), "'ten' does not appear to be"),
    ],
)
def test_faults_are_told(wrong: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        parse(wrong)


def test_what_there_is_and_what_is_broken_is_told(tmp_path: Path) -> None:
    write_bridge_list(tmp_path, "web", IPv4Network("10.1.0.0/24"))
    (tmp_path / "old.conflist").write_text(text(cniVersion="0.1.0"))
    message = r'is named "db" in .*; there are: web; old.conflist: its cniVersion'
    with pytest.raises(InvalidArgument, match=message):
        named(tmp_path, "db")
    with pytest.raises(InvalidArgument, match="there is none"):
        named(tmp_path / "nowhere", "db")


def test_without_the_option_a_network_has_the_list_of_its_own_name() -> None:
    assert name_for(NetworkSpec("1", "web")) == "web"
    assert name_for(NetworkSpec("1", "web", options={"conflist": "lan"})) == "lan"
