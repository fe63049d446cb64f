"""What a driver returns is what its interface says, elements included."""

from collections.abc import AsyncIterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from core.kernel.slots.results import check_of
from sdk.drivers.network import Endpoint, Sandbox
from sdk.drivers.storage import Mount
from sdk.oci.digest import ChainID

MOUNT = Mount("overlay", "overlay")

RIGHT = [
    (None, None),
    (int, 3),
    (float, 3),
    (str, ""),
    (Path, Path("/x")),
    (bytes | None, None),
    (bytes | None, b""),
    (Sequence[Mount], [MOUNT]),
    (Sequence[Mount], ()),
    (tuple[str, int], ("a", 1)),
    (tuple[str, ...], ("a", "b", "c")),
    (frozenset[str], frozenset("a")),
    (Mapping[str, str], {"a": "b"}),
    (Mapping[str, Sequence[int]], {"a": [1]}),
    (Sequence[IPv4Address | IPv6Address], [IPv4Address(1), IPv6Address(1)]),
    (AsyncIterator[None], 3),
    (object, 3),
    (ChainID, "sha256:" + "0" * 64),
]
WRONG = [
    (None, 3),
    (int, "3"),
    (float, "3"),
    (Path, "/x"),
    (bytes | None, ""),
    (Sequence[Mount], [MOUNT, 3]),
    (Sequence[Mount], MOUNT),
    (Sequence[Mount], None),
    (Sequence[str], "abc"),
    (Sequence[int], {1: 2}),
    (Sequence[int], iter([1])),
    (tuple[str, int], ("a",)),
    (tuple[str, int], ["a", 1]),
    (tuple[str, int], ("a", "b")),
    (tuple[str, ...], ("a", 1)),
    (tuple[Sandbox, Endpoint], 7),
    (frozenset[str], frozenset((1,))),
    (Mapping[str, str], {"a": 1}),
    (Mapping[str, str], {1: "a"}),
    (Mapping[str, str], [("a", "b")]),
]


def _named(thing: object) -> str:
    """Return a name that is the same in every process: workers compare what they have collected."""
    return str(thing).partition(" at 0x")[0]


@pytest.mark.parametrize(("hint", "value"), RIGHT, ids=_named)
def test_what_is_right(hint: object, value: object) -> None:
    assert check_of(hint)(value)


@pytest.mark.parametrize(("hint", "value"), WRONG, ids=_named)
def test_what_is_wrong(hint: object, value: object) -> None:
    assert not check_of(hint)(value)
