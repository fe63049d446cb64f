"""Networks in the words of each version of the API."""

import pytest
from msgspec import UNSET, to_builtins

from plugins.api_docker.convert.create import create_request
from plugins.api_docker.convert.networks import network, network_create, network_summary
from plugins.api_docker.models.networks import NetworkCreateBody
from plugins.api_docker.versions import ApiVersion
from sdk.engine.networks import NetworkCreate, NetworkInfo, NetworkMember, SubnetConfig, SubnetUsage
from sdk.errors import InvalidArgument

MAC = "02:42:ac:11:00:07"
OLD, NEW = ApiVersion(1, 51), ApiVersion(1, 52)
INFO = NetworkInfo(
    "n" * 64,
    1,
    NetworkCreate("web", "bridge", (SubnetConfig("10.1.0.0/24", "10.1.0.1"),)),
    (NetworkMember("c" * 64, "one", "e" * 64, MAC, "10.1.0.2/24", ""),),
    usage=(SubnetUsage("10.1.0.0/24", 4, 252), SubnetUsage("fd00::/48", 2, 2**80 - 2)),
)


def test_how_much_of_a_subnet_is_in_use_is_told_from_1_52_on_up_to_what_64_bits_hold():
    assert network(INFO, OLD).status is UNSET
    assert to_builtins(network(INFO, NEW))["Status"] == {
        "IPAM": {
            "Subnets": {
                "10.1.0.0/24": {"IPsInUse": 4, "DynamicIPsAvailable": 252},
                "fd00::/48": {"IPsInUse": 2, "DynamicIPsAvailable": 2**64 - 1},
            }
        }
    }


def test_a_list_shows_no_members():
    assert to_builtins(network_summary(INFO, OLD))["Containers"] == {}
    newer = to_builtins(network_summary(INFO, NEW))
    assert "Containers" not in newer
    assert "Status" not in newer


def test_ipv4_can_be_switched_off_from_1_48_on():
    body = NetworkCreateBody(name="web", enable_ipv4=False)
    assert [network_create(body, ApiVersion(1, minor)).ipv4 for minor in (47, 48)] == [None, False]


def test_the_mac_address_of_a_container_became_one_of_an_endpoint():
    def created(minor: int, endpoint: str, container: str, mode: str = "web") -> str:
        places = {"EndpointsConfig": {"web": {"MacAddress": endpoint}}}
        body = {"Image": "busybox", "MacAddress": container, "HostConfig": {"NetworkMode": mode}, "NetworkingConfig": places}
        return create_request(body, "", None, ApiVersion(1, minor)).networks["web"].mac_address

    assert created(43, MAC, "") == "", "an endpoint's was not known yet"
    assert created(44, MAC, "") == created(51, MAC, MAC.upper()) == MAC
    for minor, container, mode, sentence in (
        (43, MAC, "host", "conflicting options: mac-address and the network mode"),
        (43, MAC, "container:x", "conflicting options: mac-address and the network mode"),
        (51, "02:42:ac:11:00:08", "web", "must match the endpoint-specific MAC address for the main network"),
        (52, MAC, "web", "container-wide MAC address no longer supported"),
    ):
        with pytest.raises(InvalidArgument, match=sentence):
            created(minor, MAC, container, mode)
