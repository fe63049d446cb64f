"""What is published of what was asked for."""

import pytest

from core.containers.ports import bindings, check_bindings
from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.errors import InvalidArgument
from sdk.oci.ports import Port


def test_bindings_come_in_a_stable_order():
    asked = (PortBinding(80, "tcp", "", 9000, 9010), PortBinding(80, "tcp", "127.0.0.1", 8080), PortBinding(53, "udp"))
    assert bindings(ContainerConfig(), HostConfig(port_bindings=asked)) == asked[::-1]


def test_publish_all_adds_what_is_exposed_and_not_named():
    config = ContainerConfig(exposed_ports=(Port(80), Port(443)))
    host = HostConfig(publish_all_ports=True, port_bindings=(PortBinding(80, "tcp", "", 80),))
    assert bindings(config, host) == (PortBinding(80, "tcp", "", 80), PortBinding(443, "tcp"))


@pytest.mark.parametrize(
    ("binding", "sentence"),
    [
        (PortBinding(0), 'invalid port specification: "0/tcp"'),
        (PortBinding(65536), 'invalid port specification: "65536/tcp"'),
        (PortBinding(80, "icmp"), 'invalid port specification: "80/icmp"'),
        (PortBinding(80, "tcp", "", -1), 'invalid port specification: "-1--1"'),
        (PortBinding(80, "tcp", "", 9000, 8000), 'invalid port specification: "9000-8000"'),
        (PortBinding(80, "tcp", "", 1, 65536), 'invalid port specification: "1-65536"'),
        (PortBinding(80, "tcp", "nonsense"), "invalid address of the host: nonsense"),
    ],
)
def test_bindings_that_nobody_can_make_are_refused_whatever_frontend_asks(binding, sentence):
    check_bindings(HostConfig(port_bindings=(PortBinding(80, "sctp", "::1", 1, 2),)))
    with pytest.raises(InvalidArgument) as refused:
        check_bindings(HostConfig(port_bindings=(binding,)))
    assert refused.value.message == sentence
