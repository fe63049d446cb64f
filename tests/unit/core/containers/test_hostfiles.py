import pytest

from core.containers.hostfiles import extra_hosts, hosts, resolv_conf, shared_resolv_conf
from sdk.errors import InvalidArgument

HOST = "# a comment\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fd00::53\nsearch old\nsearch example.org lan\noptions ndots:2 edns0\n"


def test_hosts_name_the_loopback_the_extra_and_the_container():
    text = hosts("box.example.org box", ["172.17.0.2", "fd00::2"], [("192.0.2.1", "db")])
    assert text.splitlines()[:2] == ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    assert text.endswith("192.0.2.1\tdb\n172.17.0.2\tbox.example.org box\nfd00::2\tbox.example.org box\n")


def test_extra_hosts():
    wanted = ["db:192.0.2.1", "six:fd00::7", "bracketed:[fd00::8]", "host.docker.internal:host-gateway"]
    assert list(extra_hosts(wanted, "172.17.0.1")) == [
        ("192.0.2.1", "db"),
        ("fd00::7", "six"),
        ("fd00::8", "bracketed"),
        ("172.17.0.1", "host.docker.internal"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("db", 'bad format for add-host: "db"'),
        ("db:", "bad format"),
        ("db:nowhere", 'invalid IP address in add-host: "nowhere"'),
        ("x:host-gateway", "unable to derive the IP value for host-gateway"),
    ],
)
def test_malformed_extra_hosts_are_refused(text, message):
    with pytest.raises(InvalidArgument, match=message):
        list(extra_hosts([text], ""))


def test_resolvers_on_the_hosts_loopback_are_dropped():
    assert resolv_conf(HOST, "") == "nameserver 192.0.2.53\nsearch example.org lan\noptions ndots:2 edns0\n"
    assert "fd00::53" in resolv_conf(HOST, "", ipv6=True)


def test_the_resolvers_behind_systemd_resolved_are_asked_instead():
    stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n"
    assert resolv_conf(stub, "nameserver 192.0.2.9\n") == "nameserver 192.0.2.9\nsearch lan\noptions edns0 trust-ad\n"


def test_without_any_resolver_public_ones_are_asked():
    assert resolv_conf("", "nameserver ::1\n").startswith("nameserver 8.8.8.8\nnameserver 8.8.4.4\n")


def test_wishes_replace_line_by_line():
    text = resolv_conf(HOST, "", servers=["192.0.2.1"], search=["corp"], options=["ndots:0"])
    assert text == "nameserver 192.0.2.1\nsearch corp\noptions ndots:0\n"
    assert "search" not in resolv_conf(HOST, "", search=["."])


def test_the_hosts_own_network_keeps_the_hosts_file():
    assert shared_resolv_conf(HOST, (), (), ()) == HOST
    assert shared_resolv_conf(HOST, (), ("corp",), ()).startswith("nameserver 127.0.0.53\nnameserver 192.0.2.53\n")
