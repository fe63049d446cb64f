"""A value is the same again behind the wire, and what does not fit its hint comes through neither way."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_interface
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from sdk.drivers.network import Endpoint, EndpointSpec, PortBinding, Sandbox, Subnet
from sdk.drivers.storage import Change, ChangeKind, Mount, SnapshotInfo, SnapshotKind, StorageDriver
from sdk.isolation.shapes import Misfit, Unspeakable, shape_of
from sdk.oci.digest import ChainID

ENDPOINT = Endpoint("e", "n", "c", "eth0", "02:42:ac:11:00:02", (ip_interface("10.0.0.2/8"), ip_interface("fd00::2/64")))
SPEC = EndpointSpec(id="e", container_id="c", addresses=ENDPOINT.addresses, ports=(PortBinding(80, host_port=8080),))

SAME = [
    (type(None), None),
    (None, None),
    (str, "plain"),
    (str, "f\xfcr"),
    (str, "bytes \udcff"),
    (bytes, b"\xff\x00"),
    (int, -(1 << 62)),
    (float, 1.5),
    (float, 2),
    (bool, True),
    (bytes | None, None),
    (bytes | None, b""),
    (Path, Path("/a/b\udcff")),
    (ChainID, ChainID("sha256:1")),
    (Annotated[int, "a number"], 3),
    (ChangeKind, ChangeKind.ADDED),
    (IPv4Address, IPv4Address("10.0.0.1")),
    (IPv4Address | IPv6Address, IPv6Address("::1")),
    (IPv4Interface | IPv6Interface | None, ip_interface("10.0.0.1/8")),
    (IPv4Interface | IPv6Interface | None, None),
    (Sequence[str], ["a", "b"]),
    (tuple[int, ...], (1, 2)),
    (tuple[str, int], ("a", 1)),
    (frozenset[str], frozenset("ab")),
    (Mapping[str, Sequence[int]], {"a": [1]}),
    (Sequence[Mount], [Mount("overlay", "/x", ("ro",)), Mount("bind", "/y")]),
    (Sequence[Change], [Change("/\udcfe", ChangeKind.DELETED)]),
    (SnapshotInfo, SnapshotInfo("k", SnapshotKind.ACTIVE, None)),
    (tuple[Sandbox, Endpoint], (Sandbox("/proc/1/fd/3"), ENDPOINT)),
    (EndpointSpec, SPEC),
    (Collection[Sandbox], [Sandbox("/x")]),
]


@pytest.mark.parametrize(("hint", "value"), SAME)
def test_a_value_is_the_same_again(hint: object, value: object) -> None:
    shape = shape_of(hint)
    assert shape.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(shape.pack(value)))) == value


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (str, 3),
        (int, "3"),
        (bool, 1),
        (bytes, "text"),
        (Path, "/a"),
        (ChangeKind, "A"),
        (IPv4Address, "10.0.0.1"),
        (IPv4Interface | IPv6Interface, IPv4Address("10.0.0.1")),
        (Sequence[str], "abc"),
        (Sequence[str], [1]),
        (tuple[str, int], ("a",)),
        (Mapping[str, str], ["a"]),
        (Mapping[str, str], {"a": 1}),
        (Sandbox, None),
        (Sandbox, Mount("a", "b")),
    ],
)
def test_a_value_that_does_not_fit_is_not_sent(hint: object, value: object) -> None:
    with pytest.raises(Misfit):
        shape_of(hint).pack(value)


@pytest.mark.parametrize(
    ("hint", "sent"),
    [
        (str, 3),
        (str, None),
        (bytes | None, "text"),
        (Path, 3),
        (ChangeKind, "Z"),
        (ChangeKind, []),
        (IPv4Address, "no address"),
        (IPv4Address, "::1"),
        (IPv4Address | IPv6Address, 1),
        (Sequence[str], "abc"),
        (Sequence[str], [b"\xff", 1]),
        (tuple[str, int], ["a", 1, 2]),
        (Mapping[str, str], ["a"]),
        (Sandbox, {"path": "/x"}),
        (Sandbox, []),
        (Sandbox, [3]),
        (SnapshotInfo, ["k", "active"]),
    ],
)
def test_what_a_process_sends_in_place_of_a_value_is_refused(hint: object, sent: object) -> None:
    with pytest.raises(Misfit):
        shape_of(hint).unpack(sent)


def test_a_record_of_a_newer_side_is_cut_and_one_of_an_older_side_filled() -> None:
    """So that a minor version may add fields at the end."""
    assert shape_of(Mount).unpack(["bind", "/x", ["ro"], "a field of tomorrow"]) == Mount("bind", "/x", ("ro",))
    assert shape_of(Mount).unpack(["bind", "/x"]) == Mount("bind", "/x")
    assert shape_of(Subnet).unpack(["10.0.0.0/8"]).gateway is None


@dataclass
class Holder:
    report: Callable[[str], None]


@pytest.mark.parametrize(
    "hint", [Callable[[], None], AsyncIterator[bytes], StorageDriver, object, str | int, Holder, Sequence[Holder]]
)
def test_what_is_no_plain_value_is_unspeakable(hint: object) -> None:
    with pytest.raises(Unspeakable, match="cannot be sent to another process"):
        shape_of(hint)
