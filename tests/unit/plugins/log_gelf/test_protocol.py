"""Wires to real receivers of GELF."""

import gzip
import json
import os
import socket
from pathlib import Path

import pytest

from plugins.log_gelf.protocol import Gelf
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Record
from sdk.shipping.wire import Undelivered, Wire
from tests.log_receivers import receiving, tcp, udp

RECORDS = [Record(StdStream.STDOUT, 1, b"one"), Record(StdStream.STDERR, 1, b"two")]


def wire(address: str, **options: str) -> Wire:
    chosen = {"gelf-address": address, **{key.replace("_", "-"): text for key, text in options.items()}}
    return Gelf().delivery(LogContext("id", "box", "image", Path("/"), chosen, {"large": os.urandom(200_000).hex()})).wire()


def test_tcp_has_a_null_byte_after_each_message() -> None:
    with receiving(tcp()) as receiver:
        made = wire(f"tcp://127.0.0.1:{receiver.port}")
        made.connect()
        made.send(RECORDS)
        made.close()
        receiver.wait_for(lambda: receiver.received.count(b"\0") == 2)
        messages = [json.loads(each) for each in receiver.received.split(b"\0")[:-1]]
    assert [(each["short_message"], each["level"]) for each in messages] == [("one", 6), ("two", 3)]


def test_udp_is_compressed() -> None:
    with receiving(udp) as receiver:
        made = wire(f"udp://127.0.0.1:{receiver.port}")
        made.connect()
        made.send(RECORDS)
        assert [json.loads(gzip.decompress(each))["short_message"] for each in receiver.wait_for_datagrams(2)] == ["one", "two"]
        made.close()


def test_a_message_of_too_many_chunks_is_lost_and_the_next_is_sent() -> None:
    with receiving(udp) as receiver:
        made = wire(f"udp://127.0.0.1:{receiver.port}", labels="large")
        made.connect()
        with pytest.raises(Undelivered, match="message too long") as failed:
            made.send(RECORDS)
        assert (failed.value.taken, failed.value.lost) == (0, 1)
        made.close()


@pytest.mark.parametrize("address", ["tcp://no-such-host.invalid.:1", "udp://no-such-host.invalid.:1"])
def test_a_receiver_that_cannot_be_reached(address: str) -> None:
    scheme = address[:3]
    words = f"^gelf: cannot connect to GELF endpoint: no-such-host.invalid.:1 dial {scheme}: lookup no-such-host.invalid.: no such host$"
    with pytest.raises(OSError, match=words):
        wire(address).connect()


def test_a_receiver_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OSError, match=r"connect: connection refused$"):
        wire(f"tcp://127.0.0.1:{port}").connect()


def test_an_address_of_ipv6_is_told_with_its_brackets() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
    words = rf"^gelf: cannot connect to GELF endpoint: \[::1\]:{port} dial tcp \[::1\]:{port}: connect: connection refused$"
    with pytest.raises(OSError, match=words):
        wire(f"tcp://[::1]:{port}").connect()


def test_an_unknown_option_is_quoted_as_docker_does() -> None:
    assert Gelf().unknown("x") == 'unknown log opt "x" for gelf log driver'
