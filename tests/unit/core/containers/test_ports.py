"""Port bindings as clients write them."""

import pytest

from core.containers.ports import bindings, parse_port
from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig, HostPort
from sdk.errors import InvalidArgument


def test_ranges_hosts_and_random_ports():
    host = HostConfig(port_bindings={"80/tcp": (HostPort("127.0.0.1", "8080"), HostPort("", "9000-9010")), "53/udp": ()})
    assert bindings(ContainerConfig(), host) == (
        PortBinding(53, "udp"),
        PortBinding(80, "tcp", "127.0.0.1", 8080),
        PortBinding(80, "tcp", "", 9000, 9010),
    )


def test_publish_all_adds_what_is_exposed_and_not_named():
    config = ContainerConfig(exposed_ports={"80/tcp": {}, "443/tcp": {}})
    host = HostConfig(publish_all_ports=True, port_bindings={"80/tcp": (HostPort("", "80"),)})
    assert bindings(config, host) == (PortBinding(80, "tcp", "", 80), PortBinding(443, "tcp"))


@pytest.mark.parametrize("text", ["x/tcp", "70000/tcp", "80/icmp", "/tcp", "-1/tcp"])
def test_nonsense_is_refused(text):
    with pytest.raises(InvalidArgument, match="invalid port specification"):
        parse_port(text)


def test_a_port_nobody_can_listen_on_is_not_published():
    with pytest.raises(InvalidArgument, match="invalid port specification: '0/tcp'"):
        bindings(ContainerConfig(), HostConfig(port_bindings={"0/tcp": (HostPort("", "8080"),)}))
