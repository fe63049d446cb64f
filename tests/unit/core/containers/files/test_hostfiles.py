import pytest

from core.containers.files.hostfiles import extra_hosts, hosts, names_of_host
from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument


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
