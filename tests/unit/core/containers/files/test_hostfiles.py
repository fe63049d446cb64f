from pathlib import Path

import pytest

from core.containers.files.hostfiles import check_extra_hosts, extra_hosts, hosts, names_of_host, rename_in_hosts
from sdk.engine.config import ContainerConfig, HostEntry
from sdk.errors import InvalidArgument


def test_hosts_name_the_loopback_the_extra_and_the_container():
    text = hosts("box.example.org box", ["172.17.0.2", "fd00::2"], [("192.0.2.1", "db")])
    assert text.splitlines()[:2] == ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    assert text.endswith("192.0.2.1\tdb\n172.17.0.2\tbox.example.org box\nfd00::2\tbox.example.org box\n")


def test_extra_hosts():
    wanted = [HostEntry("db", "192.0.2.1"), HostEntry("six", "fd00::7"), HostEntry("host.docker.internal")]
    assert list(extra_hosts(wanted, "172.17.0.1")) == [
        ("192.0.2.1", "db"),
        ("fd00::7", "six"),
        ("172.17.0.1", "host.docker.internal"),
    ]
    with pytest.raises(InvalidArgument, match="unable to derive the IP value for host-gateway"):
        list(extra_hosts(wanted, ""))


def test_extra_hosts_that_cannot_be_are_refused_whatever_frontend_asks():
    check_extra_hosts([HostEntry("db", "192.0.2.1"), HostEntry("gateway")])
    with pytest.raises(InvalidArgument, match='invalid IP address in add-host: "nowhere"'):
        check_extra_hosts([HostEntry("db", "nowhere")])
    with pytest.raises(InvalidArgument, match="bad format for add-host"):
        check_extra_hosts([HostEntry("", "192.0.2.1")])


@pytest.mark.parametrize(
    ("hostname", "domain", "names"),
    [
        ("box", "", "box"),
        ("box", "example.org", "box.example.org box"),
        ("box.example.org", "", "box.example.org box"),
        ("box.inner", "example.org", "box.inner.example.org box"),
        (".odd", "", ".odd"),
        ("", "", ""),
    ],
)
def test_a_dotted_hostname_is_there_in_short_too(hostname, domain, names):
    assert names_of_host(ContainerConfig(hostname=hostname, domainname=domain)) == names


@pytest.mark.parametrize("kept", [b"# a\x0cb", "# \u2028 \x85".encode(), b"# caf\xe9", b"192.0.2.1\tdb\rx"])
def test_what_a_container_wrote_into_its_hosts_stays_as_it_is(tmp_path: Path, kept: bytes):
    (tmp_path / "hosts").write_bytes(b"172.17.0.2\tbox\r\n" + kept + b"\n")
    rename_in_hosts(tmp_path, "box", ["172.17.0.3"])
    assert (tmp_path / "hosts").read_bytes() == kept + b"\n172.17.0.3\tbox\n"
