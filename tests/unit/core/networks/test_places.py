"""Which networks a container joins, and whose gateway is whose."""

import pytest

from core.networks.places import ConnectRequest, places_of, rank
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate
from sdk.errors import InvalidArgument, NoSuchNetwork

pytestmark = pytest.mark.anyio

NO = EndpointConfig()


@pytest.fixture
async def catalog(room):
    for name, options in (
        ("a", {}),
        ("b", {}),
        ("inner", {"internal": True}),
        ("both", {"ipv6": True}),
        ("six", {"ipv4": False, "ipv6": True}),
    ):
        await room.catalog.create(NetworkCreate(name, **options))
    return room.catalog


def places(catalog, mode="", *names, mac="", **configs):
    wanted = dict.fromkeys(names, NO) | configs
    return places_of(catalog, ConnectRequest("1" * 64, "c", mode=mode, networks=wanted, mac_address=mac))


def shown(found) -> list[tuple[str, bool, set[int]]]:
    return [(place.network.name, place.gateway, set(place.routes)) for place in found]


@pytest.mark.parametrize(
    ("mode", "names", "expected"),
    [
        ("", (), [("bridge", True, {4})]),
        ("default", (), [("bridge", True, {4})]),
        ("a", (), [("a", True, {4})]),
        ("none", (), [("none", False, set())]),
        ("host", (), [("host", False, set())]),
        ("a", ("b", "a"), [("a", True, {4}), ("b", False, set())]),
        ("b", ("a", "b"), [("b", False, set()), ("a", True, {4})]),
        ("inner", (), [("inner", False, set())]),
        ("a", ("a", "inner"), [("a", True, {4}), ("inner", False, set())]),
        ("a", ("a", "both"), [("a", False, set()), ("both", True, {4, 6})]),
        ("a", ("a", "six"), [("a", True, {4}), ("six", False, {6})]),
        ("six", (), [("six", True, {6})]),
    ],
)
async def test_places(catalog, mode, names, expected):
    assert shown(places(catalog, mode, *names)) == expected


async def test_priority_comes_before_all_else(catalog):
    assert shown(places(catalog, "a", "both", a=NO, b=EndpointConfig(gw_priority=1))) == [
        ("a", False, set()),
        ("both", False, {6}),
        ("b", True, {4}),
    ]


async def test_networks_are_found_by_their_ids_too(catalog):
    network = catalog.find("a")
    assert [place.network.id for place in places(catalog, network.id[:12], network.id)] == [network.id]
    assert len(places(catalog, "a", "a", network.id)) == 1, "and each is joined once"


async def test_a_containers_mac_address_is_that_on_its_first_network(catalog):
    own = EndpointConfig(mac_address="02:00:00:00:00:09")
    found = places(catalog, "b", "a", "b", mac="02:00:00:00:00:01")
    assert [(place.network.name, place.config.mac_address) for place in found] == [("b", "02:00:00:00:00:01"), ("a", "")]
    assert places(catalog, "a", a=own, mac="02:00:00:00:00:01")[0].config == own


@pytest.mark.parametrize(
    ("mode", "names", "error"),
    [("missing", (), NoSuchNetwork), ("a", ("missing",), NoSuchNetwork), ("host", ("host", "a"), InvalidArgument)],
)
async def test_what_cannot_be_joined(catalog, mode, names, error):
    with pytest.raises(error):
        places(catalog, mode, *names)


def test_rank():
    ranks = [
        rank("z", 1, frozenset({4})),
        rank("z", 0, frozenset({4, 6})),
        rank("a", 0, frozenset({4})),
        rank("b", 0, frozenset({6})),
        rank("a", -1, frozenset({4, 6})),
    ]
    assert ranks == sorted(ranks)
