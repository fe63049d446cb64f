import pytest

from core.containers.files.resolv_conf import embedded_resolv_conf, resolv_conf, shared_resolv_conf

HOST = "# a comment\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fd00::53\nsearch old\nsearch example.org lan\noptions ndots:2 edns0\n"


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


def test_the_embedded_server_takes_short_names_as_they_are():
    assert embedded_resolv_conf("nameserver 192.0.2.53\nsearch lan\noptions edns0\n", (), ()) == (
        "nameserver 127.0.0.11\nsearch lan\noptions edns0 ndots:0\n"
    )
    assert embedded_resolv_conf(HOST, ["corp"], ["ndots:3"]) == "nameserver 127.0.0.11\nsearch corp\noptions ndots:3\n"


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_a_comment_ends_at_its_newline(separator: str):
    assert resolv_conf(f"# old{separator}nameserver 192.0.2.66\nnameserver 192.0.2.53\n", "") == "nameserver 192.0.2.53\n"
