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


def test_nonsense() -> None:
    with pytest.raises(DriverError, match="makes no sense"):
        decode(b'{"ips": "many"}')
