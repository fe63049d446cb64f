from dataclasses import replace

import anyio
import pytest
from msgspec.structs import replace as structs_replace

from core.networks.attachments import ConnectRequest
from core.networks.dns.service import NameService
from core.networks.record import NetworkRecord
from sdk.drivers.network import PortBinding, Sandbox
from sdk.engine.config import EndpointConfig, EndpointIPAM
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import DriverError, InvalidArgument, NoSuchNetwork, PermissionDenied, PortAllocated

pytestmark = pytest.mark.anyio

ONE, TWO = "1" * 64, "2" * 64


def request(container_id: str = ONE, **wanted) -> ConnectRequest:
    return ConnectRequest(container_id, f"c{container_id[0]}", "box", **wanted)


def static(address: str) -> EndpointConfig:
    return EndpointConfig(ipam_config=EndpointIPAM(ipv4_address=address))


async def test_the_default_network(room, driver):
    connected = await room.attachments.connect(request(ports=(PortBinding(80, host_port=8080),), mac_address="02:00:00:00:00:01"))
    assert connected.sandbox_path in driver.sandboxes
    assert not connected.private
    place = connected.networks["bridge"]
    assert (place.ipv4_address, place.ipv4_prefix, place.ipv4_gateway) == ("172.17.0.2", 16, "172.17.0.1")
    assert (place.mac_address, place.dns_names) == ("02:00:00:00:00:01", ())
    assert connected.ports == (PortBinding(80, "tcp", "0.0.0.0", 8080),)
    assert room.attachments.describe(ONE) == (connected.networks, connected.ports)
    assert room.actions() == [("connect", "bridge")]
    assert room.events[0].attributes == {"container": ONE, "name": "bridge", "type": "bridge"}


@pytest.mark.parametrize(("mode", "private"), [("host", False), ("none", True)])
async def test_host_and_none_need_no_driver(room, driver, mode, private):
    connected = await room.attachments.connect(request(mode=mode))
    assert (connected.sandbox_path, connected.private) == (None, private)
    assert connected.networks[mode].network_id == room.catalog.find(mode).id
    assert [member.name for member in room.attachments.members.of(room.catalog.find(mode).id)] == ["c1"]
    assert driver.endpoints == {}
    await room.attachments.disconnect(ONE)
    assert room.attachments.members.of(room.catalog.find(mode).id) == ()


SWITCH = {"com.docker.network.endpoint.sysctls": "net.ipv4.conf.ifname.forwarding=1,net.ipv6.conf.IFNAME.disable_ipv6=1"}


@pytest.mark.parametrize(("ipv6", "options"), [(False, {}), (True, SWITCH)], ids=["container", "interface"])
async def test_where_ipv6_is_switched_off_there_are_no_addresses_of_it(room, ipv6, options):
    for name, ipv4 in (("both", True), ("six", False)):
        await room.catalog.create(NetworkCreate(name, ipv4=ipv4, ipv6=True))
    config = EndpointConfig(driver_opts=options, ipam_config=EndpointIPAM(ipv6_address=""))
    connected = await room.attachments.connect(request(mode="both", networks={"both": config}, ipv6=ipv6))
    assert (connected.networks["both"].ipv4_address[:4], connected.networks["both"].ipv6_address) == ("172.", "")
    await room.attachments.join(ONE, room.catalog.find("six"), config)
    assert room.attachments.describe(ONE)[0]["six"].ipv6_address != "", "a network of nothing else gives what it has"
    other = await room.attachments.connect(request(TWO, mode="both"))
    assert other.networks["both"].ipv6_address != ""


async def test_a_network_joined_later_gives_no_ipv6_to_a_container_without(room):
    for name in ("both", "more"):
        await room.catalog.create(NetworkCreate(name, ipv6=True))
    await room.attachments.connect(request(mode="both", ipv6=False))
    await room.attachments.join(ONE, room.catalog.find("more"), EndpointConfig())
    assert {name: place.ipv6_address for name, place in room.attachments.describe(ONE)[0].items()} == {"both": "", "more": ""}


async def test_several_networks_share_a_sandbox_and_one_is_the_way_out(room, driver):
    for name, internal in (("zoo", False), ("ant", False), ("inn", True)):
        await room.catalog.create(NetworkCreate(name, internal=internal))
    networks = {"ant": EndpointConfig(), "zoo": EndpointConfig(aliases=("db",)), "inn": EndpointConfig()}
    connected = await room.attachments.connect(request(mode="zoo", networks=networks, ports=(PortBinding(80, host_port=80),)))
    assert list(connected.networks) == ["zoo", "ant", "inn"]
    assert len(driver.sandboxes) == 1
    routes = {driver.networks[made.network_id].name: spec.default_route for spec, made in driver.endpoints.values()}
    assert routes == {"zoo": False, "ant": True, "inn": False}
    assert connected.networks["zoo"].dns_names == ("c1", "db", ONE[:12], "box")
    published = [driver.networks[made.network_id].name for _, made in driver.endpoints.values() if made.ports]
    assert published == ["ant"]


async def test_gateway_priority_decides_before_the_name(room, driver):
    for name in ("zoo", "ant"):
        await room.catalog.create(NetworkCreate(name))
    await room.attachments.connect(request(mode="ant", networks={"ant": EndpointConfig(), "zoo": EndpointConfig(gw_priority=1)}))
    assert [spec.default_route for spec, _ in driver.endpoints.values()] == [False, True]


async def test_what_has_both_ip_versions_comes_before_the_name_and_each_version_has_one_way_out(room, driver):
    for name, ipv6, ipv4 in (("ant", False, True), ("bee", True, False), ("cat", True, True)):
        await room.catalog.create(NetworkCreate(name, ipv4=ipv4, ipv6=ipv6))
    both = {name: EndpointConfig() for name in ("ant", "bee")}
    await room.attachments.connect(request(mode="ant", networks=both, ports=(PortBinding(80, host_port=80),)))
    assert [spec.default_route for spec, _ in driver.endpoints.values()] == [True, True]
    assert [bool(made.ports) for _, made in driver.endpoints.values()] == [True, False]
    await room.attachments.disconnect(ONE)
    await room.attachments.connect(request(mode="ant", networks={**both, "cat": EndpointConfig()}))
    assert [spec.default_route for spec, _ in driver.endpoints.values()] == [False, False, True]


async def test_networks_not_of_the_mode_replace_it(room):
    await room.catalog.create(NetworkCreate("web"))
    connected = await room.attachments.connect(request(mode="bridge", networks={"web": EndpointConfig()}))
    assert list(connected.networks) == ["web"]


async def test_the_clients_word_default_means_bridge(room):
    connected = await room.attachments.connect(request(mode="default", networks={"default": EndpointConfig()}))
    assert list(connected.networks) == ["bridge"]


async def test_failure_undoes_everything(room, driver):
    await room.catalog.create(NetworkCreate("web"))
    driver.fail_on = "web"
    with pytest.raises(DriverError, match="bridge: connect: the cable is cut"):
        await room.attachments.connect(request(mode="bridge", networks={"bridge": EndpointConfig(), "web": EndpointConfig()}))
    assert (driver.endpoints, driver.sandboxes) == ({}, set())
    assert room.attachments.describe(ONE) == ({}, ())
    assert not room.attachments.members.in_use(room.catalog.find("web").id)
    assert room.events == []
    driver.fail_on = ""
    again = await room.attachments.connect(request(networks={"bridge": EndpointConfig(), "web": EndpointConfig()}))
    assert again.networks["bridge"].ipv4_address == "172.17.0.2"


async def test_a_taken_port_leaves_nothing(room, driver):
    ports = (PortBinding(80, host_port=8080),)
    await room.attachments.connect(request(ONE, ports=ports))
    with pytest.raises(PortAllocated, match="on endpoint c2"):
        await room.attachments.connect(request(TWO, ports=ports))
    assert len(driver.endpoints) == len(driver.sandboxes) == 1


async def test_disconnect_frees_everything_once(room, driver):
    await room.attachments.connect(request())
    await room.attachments.disconnect(ONE)
    await room.attachments.disconnect(ONE)
    assert (driver.endpoints, driver.sandboxes) == ({}, set())
    assert room.actions() == [("connect", "bridge"), ("disconnect", "bridge")]
    assert not room.attachments.members.in_use(room.catalog.find("bridge").id)


async def test_static_addresses(room):
    await room.catalog.create(NetworkCreate("fixed", subnets=(SubnetConfig("10.9.0.0/24"),)))
    await room.catalog.create(NetworkCreate("open"))
    connected = await room.attachments.connect(request(mode="fixed", networks={"fixed": static("10.9.0.50")}))
    assert connected.networks["fixed"].ipv4_address == "10.9.0.50"
    (pool,) = room.catalog.find("open").cidrs
    third = await room.attachments.connect(request("3" * 64, mode="open", networks={"open": static(str(pool[77]))}))
    assert third.networks["open"].ipv4_address == str(pool[77]), "also where the subnet came from the pools"
    for networks, error, message in (
        ({"fixed": static("10.9.0.50")}, PermissionDenied, "Address already in use"),
        ({"bridge": static("172.17.0.9")}, InvalidArgument, "user-specified IP address is supported on user-defined networks only"),
        ({"fixed": static("10.8.0.1")}, InvalidArgument, "no configured subnet contains IP address 10.8.0.1"),
        ({"fixed": static("10.9.0.1")}, PermissionDenied, "Address already in use"),
        ({"fixed": static("fd00::1")}, InvalidArgument, "invalid IPv4 address: fd00::1"),
        (
            {"bridge": EndpointConfig(aliases=("x",))},
            InvalidArgument,
            "network-scoped aliases are only supported for user-defined networks",
        ),
        ({"nowhere": EndpointConfig()}, NoSuchNetwork, "network nowhere not found"),
    ):
        with pytest.raises(error, match=message):
            await room.attachments.connect(request(TWO, mode=next(iter(networks)), networks=networks))


async def test_a_running_container_joins_and_leaves(room, driver):
    await room.catalog.create(NetworkCreate("web"))
    web = room.catalog.find("web")
    await room.attachments.connect(request())
    await room.attachments.started(ONE, "/proc/42/ns/net")
    await room.attachments.join(ONE, web, EndpointConfig(aliases=("w",)))
    assert list(room.attachments.describe(ONE)[0]) == ["bridge", "web"]
    assert "/proc/42/ns/net" in driver.sandboxes
    with pytest.raises(PermissionDenied, match="endpoint with name c1 already exists in network web"):
        await room.attachments.join(ONE, web, EndpointConfig())
    with pytest.raises(InvalidArgument, match="private \\(none\\) mode"):
        await room.attachments.join(ONE, room.catalog.find("none"), EndpointConfig())
    await room.attachments.leave(ONE, web)
    assert list(room.attachments.describe(ONE)[0]) == ["bridge"]
    with pytest.raises(PermissionDenied, match="is not connected to network web"):
        await room.attachments.leave(ONE, web)
    assert room.actions() == [("connect", "bridge"), ("connect", "web"), ("disconnect", "web")]


async def test_boot_takes_over_the_living_and_frees_the_rest(boot, driver):
    before = boot()
    await before.catalog.create(NetworkCreate("web"))
    await before.attachments.connect(request(ONE, mode="web", ports=(PortBinding(80, host_port=8080),)))
    await before.attachments.connect(request(TWO, mode="web"))
    after = boot()
    await after.attachments.restore({ONE: "/proc/42/ns/net"})
    assert after.attachments.describe(ONE) == before.attachments.describe(ONE)
    assert after.attachments.describe(TWO) == ({}, ())
    ((endpoint, sandbox),) = driver.restored
    assert (endpoint.container_id, sandbox, endpoint.ports[0].host_port) == (ONE, Sandbox("/proc/42/ns/net"), 8080)
    assert sorted(network.name for network in driver.networks.values()) == ["bridge", "web"]
    taken = after.attachments.describe(ONE)[0]["web"].ipv4_address
    fresh = await after.attachments.connect(request(TWO, mode="web"))
    assert fresh.networks["web"].ipv4_address != taken
    await after.attachments.disconnect(ONE)
    assert boot().attachments.members.of(after.catalog.find("web").id) == ()


async def test_a_driver_that_fails_at_boot_does_not_keep_the_daemon_down(boot, driver, monkeypatch, caplog):
    async def fail(networks, endpoints):
        raise OSError("no netlink today")

    await boot().attachments.connect(request(ONE))
    monkeypatch.setattr(driver, "restore", fail)
    room = boot()
    await room.attachments.restore({ONE: "/proc/42/ns/net"})
    assert "no netlink today" in caplog.text
    assert list(room.attachments.describe(ONE)[0]) == ["bridge"]


async def test_a_renamed_container_is_listed_under_its_new_name(room):
    await room.attachments.connect(request())
    room.attachments.rename(ONE, "other")
    room.attachments.rename(TWO, "nobody")
    assert [member.name for member in room.attachments.members.of(room.catalog.find("bridge").id)] == ["other"]


async def test_a_stopped_containers_network_is_named(room):
    assert room.attachments.detached("default", EndpointConfig()).network_id == room.catalog.find("bridge").id
    assert room.attachments.detached("gone", EndpointConfig()).network_id == ""


async def test_a_boot_goes_on_past_addresses_and_networks_that_the_records_know_no_more(boot, driver, caplog):
    """As when the default network got another subnet, or the database is older than the container."""
    room = boot()
    for name in ("gone", "kept"):
        await room.catalog.create(NetworkCreate(name, subnets=(SubnetConfig(f"10.{len(name)}.{ord(name[0])}.0/24"),)))
    await room.attachments.connect(request(mode="kept", networks={"kept": EndpointConfig(), "gone": EndpointConfig()}))
    kept, gone = room.catalog.find("kept"), room.catalog.find("gone")
    moved = structs_replace(kept, config=replace(kept.config, subnets=(SubnetConfig("10.99.0.0/24", "10.99.0.1"),)))
    table = room.database.table("networks", NetworkRecord)
    table.put(kept.id, moved)
    table.delete(gone.id)
    room = boot()
    await room.attachments.restore({ONE: "/proc/1/ns/net"})
    assert "does not belong to any of this network's subnets" in caplog.text
    assert "on a network gone that is no more" in caplog.text
    assert list(room.attachments.describe(ONE)[0]) == ["kept"]
    await room.attachments.disconnect(ONE)
    assert room.attachments.describe(ONE) == ({}, ())
    connected = await room.attachments.connect(request(mode="kept"))
    assert connected.networks["kept"].ipv4_address == "10.99.0.2"


async def test_a_network_that_is_to_go_waits_for_a_container_that_has_just_ended_and_for_no_other(room, tmp_path):
    await room.catalog.create(NetworkCreate("web"))
    web = room.catalog.find("web").id
    process = tmp_path / "net"
    process.touch()
    await room.attachments.connect(request(mode="web"))
    await room.attachments.started(ONE, str(process))
    await room.attachments.members.let_leave(web)
    assert room.attachments.members.in_use(web)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(room.attachments.members.let_leave, web)
        process.unlink()
        await anyio.sleep(0.1)
        assert room.attachments.members.in_use(web)
        await room.attachments.disconnect(ONE)
    assert not room.attachments.members.in_use(web)


async def test_a_name_server_that_fails_leaves_no_endpoint_behind(boot, driver, monkeypatch):
    room = boot()
    await room.catalog.create(NetworkCreate("web"))
    web = room.catalog.find("web")

    async def fail(*_: object) -> None:
        raise RuntimeError("no server")

    for joins in (False, True):
        if joins:
            await room.attachments.connect(request())
            await room.attachments.started(ONE, "/proc/self/ns/net")
        with monkeypatch.context() as patch:
            patch.setattr(NameService, "serve", fail)
            attachments = room.attachments
            attempt = attachments.join(ONE, web, EndpointConfig()) if joins else attachments.connect(request(mode="web"))
            with pytest.raises(RuntimeError, match="no server"):
                await attempt
        assert not room.attachments.members.in_use(web.id)
        assert list(room.attachments.describe(ONE)[0]) == (["bridge"] if joins else [])
        assert len(driver.endpoints) == int(joins)
    await room.attachments.join(ONE, web, EndpointConfig())
    assert list(room.attachments.describe(ONE)[0]) == ["bridge", "web"]
