"""Published and exposed ports, as lists and inspect show them."""

import pytest

from plugins.api_docker.convert.ports import port_key, port_list, port_map
from plugins.api_docker.models.containers import Port
from sdk.docker.bodies import HostPort
from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig
from sdk.oci import ports as exposed
from tests.unit.plugins.api_docker.convert.test_summaries import info


def test_ports_published_and_exposed() -> None:
    container = info(
        config=ContainerConfig(exposed_ports=(exposed.Port(80), exposed.Port(53, "udp"))),
        ports=(PortBinding(80, "tcp", "", 8080), PortBinding(80, "tcp", "127.0.0.1", 8081)),
    )
    assert port_map(container) == {"53/udp": None, "80/tcp": [HostPort("0.0.0.0", "8080"), HostPort("127.0.0.1", "8081")]}
    assert port_list(container) == [Port(53, "udp"), Port(80, "tcp", "0.0.0.0", 8080), Port(80, "tcp", "127.0.0.1", 8081)]


def test_a_routed_port_shows_no_port_of_the_host() -> None:
    container = info(ports=(PortBinding(80, "tcp", "::", 8080), PortBinding(80, "tcp", "0.0.0.0", 8080, routed=True)))
    assert port_map(container) == {"80/tcp": [HostPort("::", "8080"), HostPort("0.0.0.0", "")]}
    assert port_list(container) == [Port(80, "tcp", "0.0.0.0"), Port(80, "tcp", "::", 8080)]


def test_a_container_that_does_not_run_shows_no_ports() -> None:
    stopped = info(config=ContainerConfig(exposed_ports=(exposed.Port(80),)), sandbox_path="")
    assert (port_map(stopped), port_list(stopped)) == ({}, [])


@pytest.mark.parametrize(("protocol", "key"), [("tcp", "80/tcp"), ("udp", "80/udp"), ("sctp", "80/sctp")])
def test_a_port_is_named_with_its_protocol(protocol: str, key: str) -> None:
    assert port_key(PortBinding(80, protocol)) == key


def test_a_list_is_in_order_of_port_protocol_and_hosts_port() -> None:
    bindings = (
        PortBinding(90, "tcp", "", 1),
        PortBinding(80, "udp", "", 9),
        PortBinding(80, "tcp", "", 9000),
        PortBinding(80, "tcp", "::", 8000),
    )
    listed = port_list(info(ports=bindings, config=ContainerConfig(exposed_ports=(exposed.Port(80), exposed.Port(81)))))
    assert [(port.private_port, port.type, port.public_port) for port in listed] == [
        (80, "tcp", 8000),
        (80, "tcp", 9000),
        (80, "udp", 9),
        (81, "tcp", 0),
        (90, "tcp", 1),
    ]
