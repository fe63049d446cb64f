import pytest

from plugins.net_macvlan.options import MacvlanOptions, parse
from sdk.drivers.network import NetworkSpec
from sdk.errors import InvalidArgument


def options(**given: str) -> MacvlanOptions:
    return parse(NetworkSpec("0123456789abcdef", "lan", options=given))


def test_a_parent_and_what_goes_without_saying() -> None:
    assert options(parent="eth0") == MacvlanOptions("eth0", made=False)
    assert options(parent="eth0", macvlan_mode="vepa").mode == "vepa"
    assert options() == MacvlanOptions("dm-0123456789ab", made=True)
    assert parse(NetworkSpec("0" * 64, "lan", options={"com.docker.network.driver.mtu": "1400"})).mtu == 1400


@pytest.mark.parametrize(
    ("parent", "vlan"),
    [("eth0.10", ("eth0", 10)), ("br.lan.4094", ("br.lan", 4094)), ("eth0", None), ("eth0.0", None), ("eth0.4095", None)],
)
def test_parents_that_are_vlans(parent: str, vlan: tuple[str, int] | None) -> None:
    assert options(parent=parent).vlan == vlan


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"macvlan_mode": "tree"}, "requested macvlan mode 'tree' is not valid, 'bridge' mode is the macvlan driver default"),
        ({"parent": "lo"}, "loopback interface is not a valid macvlan parent link"),
        ({"parent": "a name too long"}, "invalid parent interface name"),
        ({"com.docker.network.driver.mtu": "big"}, 'parsing "big": invalid syntax'),
        ({"com.docker.network.driver.mtu": "9" * 5000}, '9": value out of range'),
        ({"com.docker.network.driver.mtu": "\u0661"}, "invalid syntax"),
    ],
)
def test_what_makes_no_sense(given: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        options(**given)
