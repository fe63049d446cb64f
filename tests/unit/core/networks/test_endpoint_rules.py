"""What a client may ask of an endpoint."""

import pytest

from core.networks.endpoint_rules import checked_endpoints, in_usual_notation
from sdk.engine.config import EndpointConfig, EndpointIPAM
from sdk.errors import InvalidArgument

SYSCTLS = "com.docker.network.endpoint.sysctls"


def addressed(four: str = "", six: str = "", *others: str) -> EndpointConfig:
    return EndpointConfig(ipam_config=EndpointIPAM(four, six, others))


def test_settings_are_kept_in_the_usual_notation():
    wanted = EndpointConfig(ipam_config=EndpointIPAM("10.0.0.1", "FD00::0:1", ("169.254.1.1",)), mac_address="02-42-AC-11-00-07")
    kept = in_usual_notation(wanted)
    assert kept.mac_address == "02:42:ac:11:00:07"
    assert kept.ipam_config == EndpointIPAM("10.0.0.1", "fd00::1", ("169.254.1.1",))


@pytest.mark.parametrize(
    "text", ["net.ipv4.conf.IFNAME.log_martians=1", "net.ipv6.conf.ifname.accept_ra=2,net.mpls.conf.IFNAME.input=1"]
)
def test_interface_parameters_name_no_interface(text):
    assert checked_endpoints({"web": EndpointConfig(driver_opts={SYSCTLS: text})})


@pytest.mark.parametrize(
    ("name", "config", "fault"),
    [
        ("web", addressed("fd00::1"), "invalid IPv4 address: fd00::1"),
        ("web", addressed("", "10.0.0.1"), "invalid IPv6 address: 10.0.0.1"),
        ("web", addressed("0.0.0.0"), "invalid IPv4 address: 0.0.0.0"),
        ("web", addressed("", "", "0.0.0.0"), "invalid link-local IP address: 0.0.0.0"),
        ("bridge", addressed("172.17.0.9"), "user-specified IP address is supported on user-defined networks only"),
        ("default", EndpointConfig(aliases=("x",)), "network-scoped aliases are only supported for user-defined networks"),
        (
            "web",
            EndpointConfig(driver_opts={SYSCTLS: "net.ipv4.conf.eth0.log_martians=1"}),
            "unrecognised network interface sysctl 'net.ipv4.conf.eth0.log_martians=1'; represent 'net.X.Y.ethN.Z=V' as"
            " 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'",
        ),
    ],
)
def test_what_no_network_could_heed_is_refused_before_the_container_is_made(name, config, fault):
    with pytest.raises(InvalidArgument) as refused:
        checked_endpoints({"fine": EndpointConfig(), name: config})
    assert refused.value.message == f"invalid config for network {name}: invalid endpoint settings:\n{fault}"


def test_several_faults_are_told_at_once():
    bad = EndpointConfig(driver_opts={SYSCTLS: "x,net.ipv4.conf.eth1.y=1"}, aliases=("x",))
    with pytest.raises(InvalidArgument) as refused:
        checked_endpoints({"web": bad, "bridge": bad})
    assert refused.value.message.count("* ") == 7
    assert "\n* invalid config for network bridge: invalid endpoint settings:\n\t* network-scoped" in refused.value.message


@pytest.mark.parametrize(
    "config", [addressed("zzz"), addressed("", "zzz"), addressed("", "", "zzz"), EndpointConfig(mac_address="zzz")]
)
def test_what_cannot_be_read_is_refused(config):
    with pytest.raises(InvalidArgument, match="invalid JSON: "):
        checked_endpoints({"web": config})


@pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"])
def test_a_mac_address_that_no_interface_can_have(mac):
    with pytest.raises(InvalidArgument, match=f"invalid MAC address: {mac}"):
        checked_endpoints({"web": EndpointConfig(mac_address=mac)})


@pytest.mark.parametrize("name", ["x" * 16, "a/b", ".", "..", "a b", "a:b"])
def test_a_name_that_no_interface_can_have(name):
    with pytest.raises(InvalidArgument) as refused:
        checked_endpoints({"web": EndpointConfig(driver_opts={"com.docker.network.endpoint.ifname": name})})
    assert refused.value.message.endswith(f"invalid interface name: {name}")
    assert checked_endpoints({"web": EndpointConfig(driver_opts={"com.docker.network.endpoint.ifname": "..a"})})
