import pytest

from plugins.net_cni.results import decode
from sdk.errors import DriverError

BRIDGE = b"""{
  "cniVersion": "1.0.0",
  "interfaces": [
    {"name": "cni0", "mac": "02:00:00:00:00:01"},
    {"name": "veth1", "mac": "02:00:00:00:00:02"},
    {"name": "eth0", "mac": "02:00:00:00:00:AA", "sandbox": "/proc/1/ns/net"}
  ],
  "ips": [
    {"interface": 2, "address": "10.1.0.2/24", "gateway": "10.1.0.1"},
    {"interface": 2, "address": "fd00::2/64", "gateway": "fd00::1"},
    {"interface": 0, "address": "10.9.0.1/24"}
  ],
  "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.9"}, {"dst": "::/0"}, {"dst": "10.5.0.0/16", "gw": "10.1.0.7"}],
  "dns": {}
}"""


def test_a_bridges_result() -> None:
    result = decode(BRIDGE)
    assert result.mac("eth0") == "02:00:00:00:00:aa"
    assert [str(address) for address in result.addresses("eth0")] == ["10.1.0.2/24", "fd00::2/64"]
    assert [str(address) for address in result.gateways()] == ["10.1.0.9", "fd00::1"]
    assert result.host_interface() == "veth1"


def test_a_result_that_says_little() -> None:
    result = decode(b'{"ips": [{"version": "4", "address": "10.1.0.2/24", "gateway": "10.1.0.1"}]}')
    assert [str(address) for address in result.addresses("eth0")] == ["10.1.0.2/24"]
    assert (result.mac("eth0"), result.gateways(), result.host_interface()) == ("", (), ""), "no default route, no way out"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b'{"ips": "many"}', "makes no sense"),
        (b"", "makes no sense"),
        (b'{"ips": [{"address": "\xff"}]}', "UTF-8"),
        (b'{"dns": ' + b"[" * 20_000, "not UTF-8, or nested too deeply"),
        (b'{"ips": [{"address": "10.1.0.256/24"}]}', 'has an address that is none: "10.1.0.256/24"'),
        (b'{"ips": [{"address": "10.1.0.2/24", "gateway": "there"}]}', 'has an address that is none: "there"'),
        (b'{"routes": [{"dst": "anywhere"}]}', 'has an address that is none: "anywhere"'),
        (b'{"routes": [{"dst": "0.0.0.0/0", "gw": "x"}]}', 'has an address that is none: "x"'),
    ],
)
def test_nonsense(answer: bytes, message: str) -> None:
    """An address that is none was found only after the plugins had run, and told in Python's words."""
    with pytest.raises(DriverError, match=message):
        decode(answer)


def test_addresses_of_other_interfaces_are_not_the_containers() -> None:
    result = decode(
        b'{"interfaces": [{"name": "eth0", "sandbox": "/n"}, {"name": "eth1", "sandbox": "/n"}, {"name": "eth0"}],'
        b' "ips": [{"interface": 1, "address": "10.1.0.2/24"}, {"interface": 2, "address": "10.1.0.3/24"},'
        b' {"interface": 9, "address": "10.1.0.4/24"}, {"interface": -1, "address": "10.1.0.5/24"}]}'
    )
    assert [str(address) for address in result.addresses("eth0")] == ["10.1.0.4/24", "10.1.0.5/24"]
    assert [str(address) for address in result.addresses("eth1")] == ["10.1.0.2/24", "10.1.0.4/24", "10.1.0.5/24"]
