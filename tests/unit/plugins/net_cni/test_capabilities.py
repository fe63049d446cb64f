"""What is handed to plugins, and what no plugin of a list can do."""

from collections.abc import Sequence
from ipaddress import ip_interface

import pytest

from plugins.net_cni.capabilities import runtime_configuration
from plugins.net_cni.conflists import Conflist, parse
from sdk.drivers.network import EndpointSpec, PortBinding
from sdk.errors import InvalidArgument

PORT = PortBinding(80, "tcp", "0.0.0.0", 8080)
ADDRESSES = (ip_interface("10.1.0.7/24"),)


def conflist(*capabilities: str) -> Conflist:
    able = ", ".join(f'"{name}": true' for name in capabilities)
    return parse(
        f'{{"cniVersion": "1.0.0", "name": "n", "plugins": [{{"type": "a"}}, {{"type": "b", "capabilities": {{{able}}}}}]}}'
    )


def handed(names: Sequence[str], ports: Sequence[PortBinding] = (), **wishes: object) -> dict[str, str]:
    spec = EndpointSpec("e", "c", **wishes)
    return {name: bytes(value).decode() for name, value in runtime_configuration(conflist(*names), spec, ports).items()}


def test_nothing_is_wished_for() -> None:
    assert handed(("portMappings", "ips", "mac")) == {}


def test_each_wish_goes_to_its_capability() -> None:
    told = handed(("portMappings", "ips", "mac"), [PORT], addresses=ADDRESSES, mac_address="02:00:00:00:00:01")
    assert told == {
        "portMappings": '[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"0.0.0.0"}]',
        "ips": '["10.1.0.7/24"]',
        "mac": '"02:00:00:00:00:01"',
    }


def test_an_address_that_was_chosen_has_the_same_mac_address_each_time() -> None:
    first, second = (handed(("ips", "mac"), addresses=ADDRESSES) for _ in range(2))
    assert first == second
    assert handed(("ips",), addresses=ADDRESSES).keys() == {"ips"}


@pytest.mark.parametrize(
    ("ports", "wishes", "message"),
    [
        ([PORT], {}, 'ports cannot be published: no plugin of the CNI list "n" has the capability portMappings'),
        ([], {"addresses": ADDRESSES}, "addresses cannot be chosen: .* ips"),
        ([], {"mac_address": "02:00:00:00:00:01"}, "MAC addresses cannot be chosen: .* mac"),
        ([], {"link_local": ADDRESSES}, "link-local addresses cannot be chosen on the CNI list"),
    ],
)
def test_what_no_plugin_can_do_is_refused(ports: list[PortBinding], wishes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        handed((), ports, **wishes)
