import pytest

from plugins.net_bridge.options import parse
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import NetworkSpec
from sdk.errors import InvalidArgument

SETTINGS = BridgeSettings(bridge_name="core7", mtu=1400)
PREFIX = "com.docker.network.bridge."


def options(**values: str):
    named = {PREFIX + key: value for key, value in values.items()}
    return parse(NetworkSpec("abcdef0123456789", "web", options=named), SETTINGS)


def test_names_of_bridges():
    assert options().bridge == "br-abcdef012345"
    assert options(default_bridge="true").bridge == "core7"
    assert options(name="mine", default_bridge="true").bridge == "mine"


def test_defaults_and_values():
    assert (options().mtu, options().icc, options().masquerade, str(options().host_ip)) == (1400, True, True, "0.0.0.0")
    changed = options(enable_icc="false", enable_ip_masquerade="0", host_binding_ipv4="127.0.0.1")
    assert (changed.icc, changed.masquerade, str(changed.host_ip)) == (False, False, "127.0.0.1")
    assert parse(NetworkSpec("a" * 64, "x", options={"com.docker.network.driver.mtu": "9000"}), SETTINGS).mtu == 9000


@pytest.mark.parametrize(
    "values",
    [
        {"enable_icc": "maybe"},
        {"host_binding_ipv4": "::1"},
        {"host_binding_ipv4": "here"},
        {"name": "much-too-long-a-name"},
        {"name": 'a"b'},
    ],
)
def test_values_that_make_no_sense_are_refused(values: dict[str, str]):
    with pytest.raises(InvalidArgument):
        options(**values)


def test_an_mtu_is_a_number():
    with pytest.raises(InvalidArgument, match=r"strconv\.Atoi"):
        parse(NetworkSpec("a" * 64, "x", options={"com.docker.network.driver.mtu": "big"}), SETTINGS)


def test_the_settings_say_where_ports_are_published_that_name_no_address():
    settings = BridgeSettings(publish_default_ip="127.0.0.1")
    named = {PREFIX + "host_binding_ipv4": "0.0.0.0"}
    assert str(parse(NetworkSpec("abcdef0123456789", "web", options=named), settings).host_ip) == "127.0.0.1"
    named = {PREFIX + "host_binding_ipv4": "192.0.2.1"}
    assert str(parse(NetworkSpec("abcdef0123456789", "web", options=named), settings).host_ip) == "192.0.2.1"


@pytest.mark.parametrize(
    ("options", "internal", "addressless"),
    [
        ({"com.docker.network.bridge.gateway_mode_ipv4": "isolated"}, True, {4}),
        ({"com.docker.network.bridge.gateway_mode_ipv6": "isolated"}, True, {6}),
        ({"com.docker.network.bridge.gateway_mode_ipv4": "routed"}, False, set()),
        ({"com.docker.network.bridge.inhibit_ipv4": "1"}, False, {4}),
    ],
)
def test_of_which_ip_versions_the_bridge_has_no_address(options, internal, addressless):
    assert parse(NetworkSpec("n" * 64, "n", options=options, internal=internal), BridgeSettings()).addressless == addressless


def test_gateway_modes_are_of_one_ip_version_each():
    options = {PREFIX + "gateway_mode_ipv4": "nat-unprotected", PREFIX + "gateway_mode_ipv6": "routed"}
    parsed = parse(NetworkSpec("n" * 64, "n", options=options), BridgeSettings())
    assert (parsed.routed, parsed.unprotected, parsed.addressless) == ({6}, {4}, set())


@pytest.mark.parametrize(
    ("mode", "sentence"), [("odd", "unknown gateway mode odd"), ("isolated", "only be used for an internal network")]
)
def test_gateway_modes_that_make_no_sense(mode, sentence):
    options = {"com.docker.network.bridge.gateway_mode_ipv6": mode}
    with pytest.raises(InvalidArgument, match=sentence):
        parse(NetworkSpec("n" * 64, "n", options=options), BridgeSettings())


def test_an_mtu_may_begin_with_zeros():
    network = NetworkSpec("n" * 64, "n", options={"com.docker.network.driver.mtu": "0" * 5000 + "1400"})
    assert parse(network, BridgeSettings()).mtu == 1400


@pytest.mark.parametrize("mtu", ["67", "65536", "9" * 5000, "\u0661\u0664\u0660\u0660", "1_400"])
def test_an_mtu_that_no_link_can_have(mtu):
    with pytest.raises(InvalidArgument, match=r"invalid value for com\.docker\.network\.driver\.mtu"):
        parse(NetworkSpec("n" * 64, "n", options={"com.docker.network.driver.mtu": mtu}), BridgeSettings())


@pytest.mark.parametrize("prefix", ["x" * 14, "a/b", "a b"])
def test_a_prefix_that_no_interface_can_have(prefix):
    with pytest.raises(InvalidArgument, match=r"invalid value for com\.docker\.network\.container_iface_prefix"):
        parse(NetworkSpec("n" * 64, "n", options={"com.docker.network.container_iface_prefix": prefix}), BridgeSettings())


def test_ipv6_needs_longer_frames():
    options = {"com.docker.network.driver.mtu": "1279"}
    assert parse(NetworkSpec("n" * 64, "n", options=options), BridgeSettings()).mtu == 1279
    with pytest.raises(InvalidArgument, match="1279 is not between 1280 and 65535"):
        parse(NetworkSpec("n" * 64, "n", options=options, ipv6=True), BridgeSettings())


def test_interfaces_that_are_trusted_and_sources_of_what_leaves():
    assert options(trusted_host_interfaces="eth1::wlan-0:").trusted == ("eth1", "wlan-0")
    sources = {"com.docker.network.host_ipv4": "192.0.2.9", "com.docker.network.host_ipv6": "2001:db8::9"}
    found = parse(NetworkSpec("a" * 64, "x", options=sources), SETTINGS).sources
    assert [str(address) for address in found] == ["192.0.2.9", "2001:db8::9"]


@pytest.mark.parametrize(
    "values",
    [
        {PREFIX + "trusted_host_interfaces": 'a"b'},
        {PREFIX + "trusted_host_interfaces": "eth*"},
        {PREFIX + "trusted_host_interfaces": "sixteen-letters-"},
        {"com.docker.network.host_ipv4": "2001:db8::9"},
        {"com.docker.network.host_ipv4": "here"},
        {"com.docker.network.host_ipv6": "fe80::1%eth0"},
    ],
)
def test_interfaces_and_sources_that_make_no_sense(values: dict[str, str]):
    with pytest.raises(InvalidArgument, match=f"invalid value for {next(iter(values))}: "):
        parse(NetworkSpec("a" * 64, "x", options=values), SETTINGS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("1", "& 0xffffffff == 0x00000001"),
        ("2/3", "& 0x00000003 == 0x00000002"),
        ("0x6/0x3", "& 0x00000003 == 0x00000002"),
        ("010", "& 0xffffffff == 0x00000008"),
    ],
)
def test_marks(text: str, words: str):
    assert BridgeSettings(accept_fwmark=text).accepted_mark == words


@pytest.mark.parametrize("text", ["x", "1/", "/1", "-1", "4294967296", "1/2/3", "1_0", " 1", "09", "0x"])
def test_marks_that_are_none(text: str):
    with pytest.raises(ValueError, match=r"invalid firewall (mark|mask)"):
        BridgeSettings(accept_fwmark=text)
