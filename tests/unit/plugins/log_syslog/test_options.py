"""Options of the syslog driver."""

import socket
from pathlib import Path

import pytest

from plugins.log_syslog.messages import Format
from plugins.log_syslog.options import facility_of, format_of, target_of
from plugins.log_syslog.protocol import Syslog
from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument
from sdk.shipping.sockets import Target


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("", None),
        ("udp://10.0.0.1:1514", Target("udp", "10.0.0.1", 1514)),
        ("tcp://host", Target("tcp", "host", 514)),
        ("tcp://[::1]:1", Target("tcp", "::1", 1)),
        ("unixgram:///", Target("unixgram", path="/")),
    ],
)
def test_addresses(address: str, target: Target | None) -> None:
    assert target_of({"syslog-address": address}) == target


def test_a_connection_over_tls_has_a_context() -> None:
    target = target_of({"syslog-address": "tcp+tls://host:6514", "syslog-tls-skip-verify": "true"})
    assert target is not None
    assert (target.network, target.port) == ("tcp", 6514)
    assert target.tls is not None
    assert target.tls().check_hostname is False


@pytest.mark.parametrize(
    ("word", "verified"), [(None, True), ("true", False), ("", False), ("1", False), ("false", True), ("0", True)]
)
def test_verification_is_left_out_where_that_is_said(word: str | None, *, verified: bool) -> None:
    said = {} if word is None else {"syslog-tls-skip-verify": word}
    target = target_of({"syslog-address": "tcp+tls://host:6514", **said})
    assert target is not None
    assert target.tls is not None
    assert target.tls().check_hostname is verified


@pytest.mark.parametrize(
    ("name", "number"), [("", 3), ("kern", 0), ("daemon", 3), ("ftp", 11), ("local0", 16), ("local7", 23), ("0", 0), ("23", 23)]
)
def test_facilities(name: str, number: int) -> None:
    assert facility_of({"syslog-facility": name}) == number


@pytest.mark.parametrize("name", ["", "rfc3164", "rfc5424", "rfc5424micro"])
def test_formats(name: str) -> None:
    assert format_of({"syslog-format": name}) == Format(name)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"syslog-address": "http://host"}, "unsupported scheme: 'http'"),
        ({"syslog-address": "host"}, "unsupported scheme: ''"),
        ({"syslog-address": "tcp://host:x"}, 'parse "tcp://host:x": invalid port or host'),
        ({"syslog-address": "unix:///nonexistent/log"}, "stat /nonexistent/log: no such file or directory"),
        ({"syslog-facility": "24"}, "invalid syslog facility"),
        ({"syslog-facility": "-1"}, "invalid syslog facility"),
        ({"syslog-facility": "Kern"}, "invalid syslog facility"),
        ({"syslog-format": "rfc1"}, "Invalid syslog format"),
    ],
)
def test_options_that_docker_refuses(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Syslog().check(options)
    assert refused.value.message == sentence


def test_a_log_is_opened_without_its_receiver() -> None:
    options = {"syslog-address": "unix:///nonexistent/log"}
    assert Syslog().delivery(LogContext("id", "box", "image", Path("/"), options)).needs_receiver


def test_a_socket_that_is_there_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        Syslog().check({"syslog-address": f"unix://{path}"})
        assert target_of({"syslog-address": f"unix://{path}"}) == Target("unix", path=str(path))
