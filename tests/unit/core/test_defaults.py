"""What the configuration's tables refuse, and what may be told of them."""

import pytest
from pydantic import BaseModel, ValidationError

from core.defaults import AddressPool, BridgeDefaults, NetworkDefaults, Proxies, is_url, without_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        ("http://proxy:3128", "http://proxy:3128"),
        ("http://me:secret@proxy:3128/x?y", "http://xxxxx:xxxxx@proxy:3128/x?y"),
        ("http://me@proxy", "http://xxxxx:xxxxx@proxy"),
        ("http://me:a@b@proxy", "http://xxxxx:xxxxx@proxy"),
        ("me:secret@proxy:3128", "xxxxx:xxxxx@proxy:3128"),
        ("http://me:secret@[", "http://xxxxx:xxxxx@["),
        ("http://proxy/a@b", "http://proxy/a@b"),
        ("http://me:secret@proxy/a@b", "http://xxxxx:xxxxx@proxy/a@b"),
        ("http://me:secret@proxy/?u=http://x", "http://xxxxx:xxxxx@proxy/?u=http://x"),
        ("http://me:secret@proxy?u=a@b", "http://xxxxx:xxxxx@proxy?u=a@b"),
        ("http://me:secret@proxy#a@b://c", "http://xxxxx:xxxxx@proxy#a@b://c"),
        ("me:secret@proxy/?u=http://x", "xxxxx:xxxxx@proxy/?u=http://x"),
        ("//me:secret@proxy", "//xxxxx:xxxxx@proxy"),
        ("http://me:secret@proxy\n", "http://xxxxx:xxxxx@proxy\n"),
        (" http://me:secret@proxy", " http://xxxxx:xxxxx@proxy"),
        ("http://proxy?u=http://me@x", "http://proxy?u=http://me@x"),
        ("http://proxy#//me@x", "http://proxy#//me@x"),
        ("/a@b", "/a@b"),
    ],
)
def test_users_and_passwords_are_not_shown(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    assert Proxies(http=url, none="x").shown() == {"http-proxy": shown, "https-proxy": "", "no-proxy": "x"}


@pytest.mark.parametrize("text", ["http://a", "tcp://127.0.0.1:65535", "tcp://[::1]:1", "//a:5000", "tcp://:80", "tcp://"])
def test_a_url_is_one_whose_host_and_port_can_be_read(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["http://[", "http://[::1", "tcp://a:65536", "tcp://a:x", "tcp://a:-1", "http://[x]"])
def test_what_is_no_url(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize(
    ("table", "key", "text", "kept"),
    [
        (BridgeDefaults, "bip", "10.0.0.1/24", "10.0.0.1/24"),
        (BridgeDefaults, "bip", "", ""),
        (BridgeDefaults, "bip6", "FD00::1/64", "fd00::1/64"),
        (BridgeDefaults, "fixed_cidr", "10.0.0.5/25", "10.0.0.0/25"),
        (BridgeDefaults, "default_gateway", "10.0.0.1", "10.0.0.1"),
        (BridgeDefaults, "default_gateway_v6", "fd00::0:1", "fd00::1"),
        (BridgeDefaults, "host_ip", "::", "::"),
    ],
)
def test_an_address_is_kept_in_one_spelling(table: type[BaseModel], key: str, text: str, kept: str) -> None:
    assert getattr(table.model_validate({key: text}), key) == kept


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        (BridgeDefaults, {"bip": "10.0.0.1"}, "'10.0.0.1' is not an address with a prefix length"),
        (BridgeDefaults, {"bip": "fd00::1/64"}, "'fd00::1/64' is not an address with a prefix length"),
        (BridgeDefaults, {"bip6": "10.0.0.1/24"}, "'10.0.0.1/24' is not an address with a prefix length"),
        (BridgeDefaults, {"fixed_cidr": "10.0.0.0/33"}, "'10.0.0.0/33' is not a subnet"),
        (BridgeDefaults, {"default_gateway": "::1"}, "'::1' is not an IPv4 address"),
        (BridgeDefaults, {"default_gateway_v6": "10.0.0.1"}, "'10.0.0.1' is not an IPv6 address"),
        (BridgeDefaults, {"default_gateway": "x"}, "'x' is not an IP address"),
        (BridgeDefaults, {"host_ip": "10.0.0"}, "'10.0.0' is not an IP address"),
        (AddressPool, {"base": "", "size": 24}, "'' is not a subnet"),
        (AddressPool, {"base": "10.0.0.0/8", "size": 0}, "greater than or equal to 1"),
        (AddressPool, {"base": "10.0.0.0/8", "size": 129}, "less than or equal to 128"),
        (NetworkDefaults, {"dns": ["10.0.0.1", "x"]}, "'x' is not an IP address"),
        (NetworkDefaults, {"host_gateway_ips": ["::1", "::2", "::3"]}, "at most 2"),
        (NetworkDefaults, {"nosuch": 1}, "Extra inputs are not permitted"),
    ],
)
def test_what_a_table_refuses(table: type[BaseModel], values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        table.model_validate(values)
    assert reason in str(caught.value)


def test_the_hosts_gateway_has_an_address_of_each_version_or_none() -> None:
    networks = NetworkDefaults(host_gateway_ips=("10.0.0.1", "fd00::1"))
    assert (networks.host_gateway(4), networks.host_gateway(6)) == ("10.0.0.1", "fd00::1")
    assert NetworkDefaults(host_gateway_ips=("10.0.0.1",)).host_gateway(6) == ""
