"""Networks that are but configurations of others."""

import pytest

from core.networks.places import ConnectRequest
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import NotFound, PermissionDenied

pytestmark = pytest.mark.anyio

TEMPLATE = NetworkCreate(
    "template",
    driver="none-such",
    subnets=(SubnetConfig("10.9.0.0/24", gateway="10.9.0.7"),),
    ipam_options={"how": "so"},
    options={"com.docker.network.driver.mtu": "1233"},
    labels={"a": "b"},
    config_only=True,
)


def unused(_network_id: str) -> bool:
    return False


async def test_a_configuration_is_kept_and_nothing_is_made_of_it(boot, driver):
    made = await boot().catalog.create(TEMPLATE)
    assert made.config.driver == "null"
    assert made.config.subnets == TEMPLATE.subnets
    assert driver.networks == {}
    again = boot().catalog
    assert again.find("template").config_only
    assert again.addresses(made).usage() == ()


async def test_a_network_takes_over_what_a_configuration_says(room, driver):
    await room.catalog.create(TEMPLATE)
    made = await room.catalog.create(NetworkCreate("n", config_from="template", internal=True, attachable=True))
    config = made.config
    assert (config.subnets, config.labels, config.options) == (TEMPLATE.subnets, TEMPLATE.labels, TEMPLATE.options)
    assert (config.ipam_options, config.driver, config.config_from) == ({"how": "so"}, "bridge", "template")
    assert (config.config_only, config.internal, config.attachable) == (False, True, True)
    assert driver.networks[made.id].options == TEMPLATE.options


async def test_ip_versions_are_taken_over_as_well(room):
    await room.catalog.create(NetworkCreate("six", ipv4=False, ipv6=True, config_only=True))
    made = await room.catalog.create(NetworkCreate("n", config_from="six"))
    assert [cidr.version for cidr in made.cidrs] == [6]


async def test_a_configuration_takes_no_subnet_from_others(room):
    await room.catalog.create(TEMPLATE)
    assert (await room.catalog.create(NetworkCreate("n", subnets=TEMPLATE.subnets))).config.subnets == TEMPLATE.subnets
    with pytest.raises(PermissionDenied, match="Pool overlaps"):
        await room.catalog.create(NetworkCreate("m", config_from="template"))


OPERATOR = "configuration network can only contain network specific fields."
SETTINGS = "user-specified configurations are not supported if the network depends on a configuration network"


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (NetworkCreate("x", config_only=True, internal=True), PermissionDenied, OPERATOR),
        (NetworkCreate("x", config_only=True, attachable=True), PermissionDenied, OPERATOR),
        (NetworkCreate("x", config_only=True, ingress=True), PermissionDenied, OPERATOR),
        (NetworkCreate("x", config_only=True, scope="local"), PermissionDenied, OPERATOR),
        (
            NetworkCreate("x", config_only=True, config_from="template"),
            PermissionDenied,
            "a configuration network cannot depend on another configuration network",
        ),
        (NetworkCreate("x", config_from="template", labels={"a": "b"}), PermissionDenied, SETTINGS),
        (NetworkCreate("x", config_from="template", ipv6=True), PermissionDenied, SETTINGS),
        (NetworkCreate("x", config_from="template", ipv4=False), PermissionDenied, SETTINGS),
        (NetworkCreate("x", config_from="template", ipam_driver="other"), PermissionDenied, SETTINGS),
        (NetworkCreate("x", config_from="template", ipam_options={"a": "b"}), PermissionDenied, SETTINGS),
        (NetworkCreate("x", config_from="template", subnets=(SubnetConfig("10.7.0.0/24"),)), PermissionDenied, SETTINGS),
        (
            NetworkCreate("x", config_from="template", options={"a": "b"}),
            PermissionDenied,
            "network driver options are not supported if the network depends on a configuration network",
        ),
        (NetworkCreate("x", config_from="nowhere"), NotFound, 'configuration network "nowhere" does not exist'),
        (NetworkCreate("x", config_from="bridge"), NotFound, 'configuration network "bridge" does not exist'),
        (NetworkCreate("x", driver="none-such", config_from="nowhere"), NotFound, 'plugin "none-such" not found'),
        (NetworkCreate("x", scope="swarm"), PermissionDenied, "cannot create a swarm scoped network when swarm is not active"),
        (NetworkCreate("x", ingress=True), PermissionDenied, "Ingress network can only be global scope network"),
    ],
)
async def test_refusals(room, request_, error, message):
    await room.catalog.create(TEMPLATE)
    with pytest.raises(error) as refused:
        await room.catalog.create(request_)
    assert message in str(refused.value)
    assert len(room.catalog.records()) == 4


async def test_a_configuration_is_in_use_until_the_last_network_of_it_is_gone(room):
    template = await room.catalog.create(TEMPLATE)
    made = await room.catalog.create(NetworkCreate("n", config_from="template"))
    with pytest.raises(PermissionDenied, match='error while removing network: configuration network "template" is in use'):
        await room.catalog.remove(template, unused)
    await room.catalog.remove(made, unused)
    await room.catalog.remove(template, unused)
    assert len(room.catalog.records()) == 3


async def test_no_container_can_join_a_configuration(room):
    template = await room.catalog.create(TEMPLATE)
    with pytest.raises(PermissionDenied, match="cannot create endpoint on configuration-only network"):
        await room.attachments.connect(ConnectRequest("c" * 64, "c", mode="template"))
    await room.attachments.connect(ConnectRequest("d" * 64, "d"))
    with pytest.raises(PermissionDenied, match="cannot create endpoint on configuration-only network"):
        await room.attachments.join("d" * 64, template, EndpointConfig())
