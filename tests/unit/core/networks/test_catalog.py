import pytest

from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import AlreadyExists, Conflict, InvalidArgument, NoSuchNetwork, NotFound, PermissionDenied

pytestmark = pytest.mark.anyio


def unused(_network_id: str) -> bool:
    return False


async def test_three_networks_always_exist_and_keep_their_ids(boot):
    first = {record.name: record.id for record in boot().catalog.records()}
    assert list(first) == ["bridge", "host", "none"]
    assert {record.name: record.id for record in boot().catalog.records()} == first
    bridge = boot().catalog.find("bridge")
    assert (bridge.config.driver, bridge.config.subnets[0]) == ("bridge", SubnetConfig("172.17.0.0/16", "172.17.0.1"))
    assert [boot().catalog.find(name).config.driver for name in ("host", "none")] == ["host", "null"]


async def test_a_created_network_is_made_and_remembered(boot, driver):
    record = await boot().catalog.create(NetworkCreate("web", labels={"a": "b"}))
    assert driver.networks[record.id].subnets[0].cidr == record.cidrs[0]
    again = boot().catalog.find("web")
    assert again == record
    assert again.config.subnets == (SubnetConfig("172.18.0.0/24", "172.18.0.1"),)


async def test_networks_get_different_subnets(room):
    subnets = {(await room.catalog.create(NetworkCreate(f"n{number}"))).config.subnets[0].subnet for number in range(300)}
    assert len(subnets) == 300


async def test_ipv6_adds_a_subnet_and_ipv4_can_be_left_out(room):
    both = await room.catalog.create(NetworkCreate("both", ipv6=True))
    assert [cidr.version for cidr in both.cidrs] == [4, 6]
    six = await room.catalog.create(NetworkCreate("six", ipv4=False, ipv6=True, subnets=(SubnetConfig("fd01::/64"),)))
    assert [(subnet.subnet, subnet.gateway) for subnet in six.config.subnets] == [("fd01::/64", "fd01::1")]


async def test_a_network_is_found_by_id_name_and_prefix(room):
    record = await room.catalog.create(NetworkCreate("web"))
    assert room.catalog.find(record.id) is room.catalog.find("web") is room.catalog.find(record.id[:16]) is record
    with pytest.raises(NoSuchNetwork, match="network nowhere not found"):
        room.catalog.find("nowhere")
    with pytest.raises(NoSuchNetwork):
        room.catalog.find("")


async def test_an_ambiguous_prefix_is_refused(room):
    for number in range(17):
        await room.catalog.create(NetworkCreate(f"n{number}"))
    first = next(iter(record.id[0] for record in room.catalog.records() if _count(room, record.id[0]) > 1))
    with pytest.raises(InvalidArgument, match="is ambiguous"):
        room.catalog.find(first)


def _count(room, prefix: str) -> int:
    return sum(record.id.startswith(prefix) for record in room.catalog.records())


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (NetworkCreate("web"), AlreadyExists, "network with name web already exists"),
        (NetworkCreate("bridge"), PermissionDenied, "operation is not permitted on predefined bridge network"),
        (NetworkCreate(" "), InvalidArgument, "invalid network name"),
        (NetworkCreate("x", driver="none-such"), NotFound, 'plugin "none-such" not found'),
        (NetworkCreate("x", driver="host"), PermissionDenied, 'only one instance of "host" network is allowed'),
        (
            NetworkCreate("x", subnets=(SubnetConfig("172.18.0.0/16"),)),
            PermissionDenied,
            "Pool overlaps with other one on this address space",
        ),
        (NetworkCreate("x", ipam_driver="other"), InvalidArgument, "ipam driver other"),
    ],
)
async def test_refusals(room, request_, error, message):
    await room.catalog.create(NetworkCreate("web"))
    with pytest.raises(error, match=message):
        await room.catalog.create(request_)


async def test_a_network_whose_driver_fails_does_not_exist(room, driver, monkeypatch):
    async def refuse(network):
        raise Conflict("no")

    monkeypatch.setattr(driver, "create_network", refuse)
    with pytest.raises(Conflict):
        await room.catalog.create(NetworkCreate("web"))
    with pytest.raises(NoSuchNetwork):
        room.catalog.find("web")
    assert room.database.table("networks", dict).get("web") is None


async def test_removal(boot, driver):
    room = boot()
    record = await room.catalog.create(NetworkCreate("web"))
    with pytest.raises(PermissionDenied, match=f"network web id {record.id} has active endpoints"):
        await room.catalog.remove(record, lambda network_id: network_id == record.id)
    await room.catalog.remove(record, unused)
    assert driver.networks == {}
    with pytest.raises(NoSuchNetwork):
        boot().catalog.find("web")


async def test_predefined_networks_cannot_be_removed(room):
    with pytest.raises(PermissionDenied, match="bridge is a pre-defined network and cannot be removed"):
        await room.catalog.remove(room.catalog.find("bridge"), unused)


async def test_the_size_of_an_ipv6_subnet_may_be_all_that_is_asked_for(room):
    wanted = (SubnetConfig("::/120"), SubnetConfig("0.0.0.0/26"))
    found = [await room.catalog.create(NetworkCreate(name, ipv6=True, subnets=wanted)) for name in ("one", "two")]
    pools = [cidr for record in found for cidr in record.cidrs]
    assert [(pool.version, pool.prefixlen) for pool in pools] == [(6, 120), (4, 26)] * 2
    assert len({str(pool) for pool in pools}) == 4
