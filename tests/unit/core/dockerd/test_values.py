"""The values of dockerd's flags: what each form accepts, at its limits, and what it refuses in dockerd's words."""

from collections.abc import Sequence

import pytest

from core.dockerd.flags import FlagError
from core.dockerd.options import OPTIONS, Option
from core.dockerd.values import ValueRefused, check, from_texts, size


def option(flag: str) -> Option:
    return next(option for option in OPTIONS if option.flag == flag)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("64", 64),
        ("64b", 64),
        ("64B", 64),
        ("1k", 1024),
        ("1 k", 1024),
        ("1KB", 1024),
        ("1KiB", 1024),
        ("1.5m", 1572864),
        ("2g", 2147483648),
        ("1t", 1099511627776),
        ("7p", 7881299347898368),
        ("8191p", 9222246136947933184),
    ],
)
def test_a_size_counts_in_powers_of_1024(text: str, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "m",
        "1x",
        "5bb",
        "5bib",
        "1kbb",
        "1e3",
        ".5",
        "1.",
        "8192p",
        "9" * 400 + "p",
        "٣",
        "1 2",
        " 64m",
        "64  m",
        "64m ",
    ],
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        size(text)
    assert str(caught.value) == f"invalid size: '{text}'"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1400", 1400),
        ("+5", 5),
        ("-5", -5),
        ("0x5dc", 1500),
        ("0X5DC", 1500),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("-017", -15),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808),
    ],
)
def test_a_number_is_one_of_go_s(text: str, number: int) -> None:
    assert from_texts(option("mtu"), [text]) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid syntax"),
        (" 5", "invalid syntax"),
        ("1.5", "invalid syntax"),
        ("1_000", "invalid syntax"),
        ("0x", "invalid syntax"),
        ("08", "invalid syntax"),
        ("0b2", "invalid syntax"),
        ("٣", "invalid syntax"),
        ("--5", "invalid syntax"),
        ("9223372036854775808", "value out of range"),
        ("-9223372036854775809", "value out of range"),
        ("9" * 5000, "value out of range"),
    ],
)
def test_what_is_no_number_is_refused_as_go_refuses_it(text: str, reason: str) -> None:
    with pytest.raises(FlagError) as caught:
        from_texts(option("mtu"), [text])
    assert str(caught.value) == f'invalid argument "{text}" for "--mtu" flag: strconv.ParseInt: parsing "{text}": {reason}'


@pytest.mark.parametrize(
    ("flag", "text", "value"),
    [
        ("host", "unix:///x", "unix:///x"),
        ("host", " fd:// ", "fd://"),
        ("host", "127.0.0.1:2375", "tcp://127.0.0.1:2375"),
        ("host", "tcp://[::1]:2375", "tcp://[::1]:2375"),
        ("host", "tcp://", "tcp://"),
        ("host", ":2375", "tcp://:2375"),
        ("host", "tcp://:2375", "tcp://:2375"),
        ("host", "tcp://x:65535", "tcp://x:65535"),
        ("label", "a=b=c", "a=b=c"),
        ("label", "com.dockerish.a=b", "com.dockerish.a=b"),
        ("registry-mirror", "https://m", "https://m/"),
        ("registry-mirror", "http://m:5000/a//", "http://m:5000/a/"),
        ("registry-mirror", "http://[::1]:5000", "http://[::1]:5000/"),
        ("dns", " 10.0.0.1 ", "10.0.0.1"),
        ("dns", "FD00::0:1", "fd00::1"),
        ("dns-search", ".", "."),
        ("dns-search", "a_b.example.", "a_b.example."),
        ("dns-search", "x" * 63, "x" * 63),
        ("exec-opt", "native.cgroupdriver=cgroupfs", "native.cgroupdriver=cgroupfs"),
        ("exec-opt", "native.cgroupdriver=systemd", "native.cgroupdriver=systemd"),
        ("insecure-registry", "r:5000", "r:5000"),
        ("insecure-registry", "http://r:5000", "r:5000"),
        ("insecure-registry", "https://r/", "r"),
        ("insecure-registry", "10.0.0.0/8", "10.0.0.0/8"),
        ("insecure-registry", "[fd00::1]:5000", "[fd00::1]:5000"),
        ("storage-opt", "anything", "anything"),
    ],
)
def test_a_value_of_a_list_is_kept_in_one_spelling(flag: str, text: str, value: str) -> None:
    assert check(option(flag), text) == value


@pytest.mark.parametrize(
    ("flag", "text", "reason"),
    [
        ("host", "ftp://x", "invalid bind address (ftp://x): unsupported proto 'ftp'"),
        ("host", "tcp://x:65536", "invalid bind address (tcp://x:65536): invalid port"),
        ("host", "tcp://x:http", "invalid bind address (tcp://x:http): invalid port"),
        ("host", "tcp://[::1", "invalid bind address (tcp://[::1): invalid port"),
        ("label", "a", "bad attribute format: a"),
        (
            "label",
            "COM.docker.x=1",
            "label COM.docker.x=1 is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are reserved for"
            " internal use",
        ),
        (
            "registry-mirror",
            "m:5000",
            """invalid mirror: no scheme specified for "m:5000": must use either 'https://' or 'http://'""",
        ),
        (
            "registry-mirror",
            "ftp://m",
            """invalid mirror: unsupported scheme "ftp" in "ftp://m": must use either 'https://' or 'http://'""",
        ),
        ("registry-mirror", "https://m?x", 'invalid mirror: query or fragment at end of the URI "https://m?x"'),
        ("registry-mirror", "https://m#x", 'invalid mirror: query or fragment at end of the URI "https://m#x"'),
        ("registry-mirror", "https://u@m", 'invalid mirror: username/password not allowed in URI "https://u@m"'),
        ("registry-mirror", "https://", 'invalid mirror: "https://" is not a valid URI'),
        ("registry-mirror", "https://:5000", 'invalid mirror: "https://:5000" is not a valid URI'),
        ("registry-mirror", "https://[::1", 'invalid mirror: "https://[::1" is not a valid URI'),
        ("registry-mirror", "https://m:x", 'invalid mirror: "https://m:x" is not a valid URI'),
        ("dns", "10.0.0", "10.0.0 is not an ip address"),
        ("host-gateway-ip", "", " is not an ip address"),
        ("dns-search", "a..b", "a..b is not a valid domain"),
        ("dns-search", "-a", "-a is not a valid domain"),
        ("dns-search", "x" * 64, f"{'x' * 64} is not a valid domain"),
        ("exec-opt", "x", "invalid runtime option: 'x': must be of the form name=value"),
        ("exec-opt", "x=y", "unknown option: 'x'"),
        ("exec-opt", "isolation=process", "option 'isolation' is only supported on windows"),
        ("exec-opt", "native.cgroupdriver=x", "native.cgroupdriver option x not supported"),
        ("insecure-registry", "-r", "invalid index name (-r). Cannot begin or end with a hyphen"),
        ("insecure-registry", "http://r-", "invalid index name (r-). Cannot begin or end with a hyphen"),
        ("insecure-registry", "ftp://r", "insecure registry ftp://r should not contain '://'"),
        ("insecure-registry", "10.0.0.0/33", 'insecure registry 10.0.0.0/33 is not valid: invalid host "10.0.0.0/33"'),
        ("insecure-registry", "r:99999", 'insecure registry r:99999 is not valid: invalid host "r:99999"'),
        ("insecure-registry", "", 'insecure registry  is not valid: invalid host ""'),
    ],
)
def test_a_value_of_a_list_is_refused_in_dockerds_words(flag: str, text: str, reason: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        check(option(flag), text)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("flag", "texts", "value"),
    [
        ("pidfile", ["a", "b"], "b"),
        ("debug", ["F"], False),
        ("default-shm-size", ["1m"], 1048576),
        ("ip", [""], ""),
        ("ip", ["::1"], "::1"),
        ("label", ["a=1", "b=2"], ["a=1", "b=2"]),
        ("log-opt", ["a=1", "b", "c=x=y"], {"a": "1", "b": "", "c": "x=y"}),
        ("feature", ["a", "b=false", "c=1"], {"a": True, "b": False, "c": True}),
        ("default-network-opt", ["bridge=a=b", "bridge=c=d=e", "x=a="], {"bridge": {"a": "b", "c": "d=e"}, "x": {"a": ""}}),
        ("default-ulimit", ["nofile=1:2"], ["nofile=1:2"]),
        ("default-address-pool", ["size=24, base=10.0.0.0/8"], [{"base": "10.0.0.0/8", "size": 24}]),
        ("add-runtime", ["CRun =/x=y"], {"crun": {"path": "/x=y"}}),
    ],
)
def test_an_option_of_each_form(flag: str, texts: Sequence[str], value: object) -> None:
    assert from_texts(option(flag), texts) == value


@pytest.mark.parametrize(
    ("flag", "text", "reason"),
    [
        ("default-network-opt", "bridge=a", "invalid value bridge=a: must be of the form DRIVER=NAME=VALUE"),
        ("default-address-pool", "base=10.0.0.0/8", "invalid field base=10.0.0.0/8: must be of the form base=SUBNET,size=NUMBER"),
        ("default-address-pool", "base=x,size=x", "invalid field base=x,size=x: must be of the form base=SUBNET,size=NUMBER"),
        ("default-address-pool", "base=x,size=٣", "invalid field base=x,size=٣: must be of the form base=SUBNET,size=NUMBER"),
        ("add-runtime", "x", "invalid runtime argument: x"),
        ("add-runtime", "=/x", "invalid runtime argument: =/x"),
        ("add-runtime", "x=", "invalid runtime argument: x="),
        ("add-runtime", "runc=/x", "runtime name 'runc' is reserved"),
        ("ip", "x", "x is not an ip address"),
    ],
)
def test_an_option_refused_names_the_flag(flag: str, text: str, reason: str) -> None:
    with pytest.raises(FlagError) as caught:
        from_texts(option(flag), [text])
    assert str(caught.value) == f'invalid argument "{text}" for "--{flag}" flag: {reason}'
