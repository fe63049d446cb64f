"""Options of the gelf driver."""

import pytest

from plugins.log_gelf.options import compression_of, patience_of, target_of
from plugins.log_gelf.protocol import Gelf
from sdk.errors import InvalidArgument
from sdk.shipping.sockets import Target
from sdk.shipping.wire import Patience

UDP, TCP = {"gelf-address": "udp://h:1"}, {"gelf-address": "tcp://h:1"}


@pytest.mark.parametrize(
    ("address", "target"),
    [("udp://h:12201", Target("udp", "h", 12201)), ("tcp://[::1]:1", Target("tcp", "::1", 1))],
)
def test_addresses(address: str, target: Target) -> None:
    assert target_of({"gelf-address": address}) == target


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ("gzip", 1)),
        ({"gelf-compression-type": "none"}, ("none", 1)),
        ({"gelf-compression-type": "zlib", "gelf-compression-level": "9"}, ("zlib", 9)),
        ({"gelf-compression-level": "-1"}, ("gzip", -1)),
    ],
)
def test_compression(options: dict[str, str], found: tuple[str, int]) -> None:
    assert compression_of(options, "udp") == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, Patience(1.0)),
        ({"gelf-tcp-max-reconnect": "0"}, Patience(1.0, 1.0, 1.0, 1)),
        ({"gelf-tcp-max-reconnect": "5", "gelf-tcp-reconnect-delay": "7"}, Patience(7.0, 1.0, 7.0, 6)),
        ({"gelf-tcp-reconnect-delay": "2"}, Patience(2.0, 1.0, 2.0, 4)),
    ],
)
def test_patience(options: dict[str, str], found: Patience) -> None:
    assert patience_of(options, "tcp") == found


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "gelf-address is a required parameter"),
        ({"gelf-address": "unix:///x"}, "gelf: endpoint needs to be UDP or TCP"),
        ({"gelf-address": "udp://h"}, "gelf: please provide gelf-address as proto://host:port"),
        ({**TCP, "gelf-compression-type": "gzip"}, "compression is only supported on UDP"),
        ({**TCP, "gelf-compression-level": "1"}, "compression is only supported on UDP"),
        ({**UDP, "gelf-compression-type": "lzma"}, 'unknown value "lzma" for log opt "gelf-compression-type" for gelf log driver'),
        ({**UDP, "gelf-compression-level": "10"}, 'unknown value "10" for log opt "gelf-compression-level" for gelf log driver'),
        ({**UDP, "gelf-compression-level": "x"}, 'unknown value "x" for log opt "gelf-compression-level" for gelf log driver'),
        ({**UDP, "gelf-tcp-max-reconnect": "1"}, '"gelf-tcp-max-reconnect" is only valid for TCP'),
        ({**TCP, "gelf-tcp-max-reconnect": "-1"}, '"gelf-tcp-max-reconnect" must be a positive integer'),
        ({**TCP, "gelf-tcp-reconnect-delay": "x"}, '"gelf-tcp-reconnect-delay" must be a positive integer'),
    ],
)
def test_options_that_docker_refuses(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Gelf().check(options)
    assert refused.value.message == sentence
