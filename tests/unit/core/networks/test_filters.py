import pytest

from core.networks.filters import listed, prunable
from core.networks.record import NetworkRecord
from sdk.engine.networks import NetworkCreate
from sdk.errors import InvalidArgument

RECORDS = [
    NetworkRecord(id="a" * 64, created_ns=1, config=NetworkCreate("bridge", driver="bridge")),
    NetworkRecord(id="b" * 64, created_ns=2, config=NetworkCreate("web", driver="bridge", labels={"tier": "front", "x": ""})),
    NetworkRecord(id="c" * 64, created_ns=3, config=NetworkCreate("webdb", driver="other", labels={"tier": "back"})),
]


def names(filters: dict[str, tuple[str, ...]]) -> list[str]:
    return [record.name for record in listed(RECORDS, filters, lambda network_id: network_id[0] == "b")]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["bridge", "web", "webdb"]),
        ({"name": ("web",)}, ["web", "webdb"]),
        ({"name": ("^web$", "b.idge")}, ["bridge", "web"]),
        ({"name": ("^web(db)?$",)}, ["web", "webdb"]),
        ({"name": ()}, ["bridge", "web", "webdb"]),
        ({"name": ("web",), "driver": ("other",)}, ["webdb"]),
        ({"id": ("ccc", "aaa")}, ["bridge", "webdb"]),
        ({"type": ("custom",)}, ["web", "webdb"]),
        ({"type": ("builtin",)}, ["bridge"]),
        ({"label": ("tier",)}, ["web", "webdb"]),
        ({"label": ("tier=front", "x")}, ["web"]),
        ({"label": ("tier=front", "tier=back")}, []),
        ({"scope": ("swarm",)}, []),
        ({"dangling": ("true",)}, ["webdb"]),
        ({"dangling": ("0",)}, ["bridge", "web"]),
    ],
)
def test_lists(filters, found):
    assert names(filters) == found


@pytest.mark.parametrize("filters", [{"colour": ("red",)}, {"type": ("odd",)}, {"dangling": ("perhaps",)}])
def test_unknown_filters_are_refused(filters):
    with pytest.raises(InvalidArgument, match="invalid filter"):
        names(filters)


@pytest.mark.parametrize(
    ("filters", "until", "found"),
    [({}, 9, ["webdb"]), ({}, 2, []), ({"label": ("tier=back",)}, 9, ["webdb"]), ({"label!": ("tier",)}, 9, [])],
)
def test_prunable(filters, until, found):
    assert [record.name for record in prunable(RECORDS, filters, lambda network_id: network_id[0] == "b", until)] == found
