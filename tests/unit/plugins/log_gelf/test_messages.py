"""Messages of GELF, and what UDP carries of them."""

import gzip
import json
import socket
import zlib
from pathlib import Path

import pytest

from plugins.log_gelf.messages import MessageMaker, compressed, datagrams
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Record

AT = 1_700_000_000_123_456_789
OPTIONS = {"labels": "tier,_own", "env": "A", "tag": "{{.Name}}"}
CONTEXT = LogContext(
    "0123456789abcdef", "box", "busybox", Path("/"), OPTIONS, {"tier": "web", "_own": "x"}, ("A=b",), "sha256:fe", ("sh", "-c"), AT
)


def test_a_message_has_dockers_fields() -> None:
    message = json.loads(MessageMaker(CONTEXT).message(Record(StdStream.STDERR, AT, b'"\xff<'))).items()
    assert dict(message) == {
        "version": "1.1",
        "host": socket.gethostname(),
        "short_message": '"\ufffd<',
        "timestamp": 1700000000.123,
        "level": 3,
        "_container_id": "0123456789abcdef",
        "_container_name": "box",
        "_image_id": "sha256:fe",
        "_image_name": "busybox",
        "_command": "sh -c",
        "_tag": "box",
        "_created": "2023-11-14T22:13:20.123456789Z",
        "_tier": "web",
        "_own": "x",
        "_A": "b",
    }
    assert json.loads(MessageMaker(CONTEXT).message(Record(StdStream.STDOUT, AT, b"a")))["level"] == 6


def test_each_record_has_its_own_stream_and_time() -> None:
    maker = MessageMaker(CONTEXT)
    records = [
        Record(stream, AT + later, b"a")
        for later in (0, 10**9)
        for stream in (StdStream.STDOUT, StdStream.STDOUT, StdStream.STDERR)
    ]
    assert [maker.message(record) for record in records] == [MessageMaker(CONTEXT).message(record) for record in records]


def test_compression() -> None:
    assert gzip.decompress(compressed(b"a" * 100, "gzip", 1)) == b"a" * 100
    assert zlib.decompress(compressed(b"a" * 100, "zlib", 9)) == b"a" * 100
    assert compressed(b"a", "none", 1) == b"a"


@pytest.mark.parametrize(("size", "count"), [(1, 1), (1420, 1), (1421, 2), (1408 * 128, 128)])
def test_large_messages_are_cut_into_numbered_chunks(size: int, count: int) -> None:
    message = bytes(number % 251 for number in range(size))
    found = datagrams(message)
    assert len(found) == count
    assert all(len(each) <= 1420 for each in found)
    if count > 1:
        assert {each[:2] for each in found} == {b"\x1e\x0f"}
        assert len({each[2:10] for each in found}) == 1
        assert [(each[10], each[11]) for each in found] == [(number, count) for number in range(count)]
        assert b"".join(each[12:] for each in found) == message


def test_a_message_of_too_many_chunks_has_none() -> None:
    assert datagrams(bytes(1408 * 128 + 1)) == ()
