import json
import random
import time

import pytest

from plugins.log_jsonfile.decoding import decode, parse_time
from plugins.log_jsonfile.encoding import LineEncoder
from sdk.drivers.logs import StdStream

NOW = 1_763_962_980_123_456_789
STDOUT, STDERR = StdStream.STDOUT, StdStream.STDERR


def test_a_line_looks_exactly_as_dockers():
    assert LineEncoder({}).encode(STDOUT, b"hello\n", NOW) == (
        b'{"log":"hello\\n","stream":"stdout","time":"2025-11-24T05:43:00.123456789Z"}\n'
    )


def test_a_partial_line_has_no_newline():
    assert LineEncoder({}).encode(STDERR, b"a\nb", NOW).splitlines()[1] == (
        b'{"log":"b","stream":"stderr","time":"2025-11-24T05:43:00.123456789Z"}'
    )


def test_escapes_are_dockers():
    encoded = LineEncoder({}).encode(STDOUT, b'\t\r\x1b\x00\x7f"\\<>&\xff\xe2\x82|' + "\u2028\u2029é\ufffd".encode() + b"\n", NOW)
    assert encoded.startswith(
        b'{"log":"\\u0009\\r\\u001b\\u0000\x7f\\"\\\\\\u003c\\u003e\\u0026\\ufffd\\ufffd\\ufffd|\\u2028\\u2029'
        + "é\ufffd".encode()
        + b"\\n"
    )


def test_attributes_stand_between_stream_and_time():
    encoded = LineEncoder({"a": 'x<"\\>', "b": "é"}).encode(STDOUT, b"1\n2\n", NOW)
    assert [json.loads(line)["attrs"] for line in encoded.splitlines()] == [{"a": 'x<"\\>', "b": "é"}] * 2
    assert '"stream":"stdout","attrs":{"a":"x\\u003c\\"\\\\\\u003e","b":"é"},"time":"'.encode() in encoded
    assert decode(encoded)[0].attributes == {"a": 'x<"\\>', "b": "é"}


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, b"1970-01-01T00:00:00Z"),
        (NOW, b"2025-11-24T05:43:00.123456789Z"),
        (NOW // 10**6 * 10**6, b"2025-11-24T05:43:00.123Z"),
        (NOW // 10**9 * 10**9 + 1, b"2025-11-24T05:43:00.000000001Z"),
    ],
)
def test_times_are_rfc3339nano(time_ns: int, text: bytes):
    encoded = LineEncoder({}).encode(STDOUT, b"a\n", time_ns)
    assert encoded == b'{"log":"a\\n","stream":"stdout","time":"%s"}\n' % text
    assert parse_time(text.decode()) == time_ns


def test_every_unicode_character_and_control_comes_back():
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0x1F600, 0x10FFFF]))
    records = decode(LineEncoder({}).encode(STDOUT, text.encode(), NOW))
    assert b"".join(record.line for record in records) == text.encode()
    assert {record.time_ns for record in records} == {NOW}


def test_random_bytes_come_back_but_for_invalid_utf8():
    chance = random.Random(7)
    encoder = LineEncoder({})
    for _ in range(500):
        data = bytes(chance.choices([*range(256), 10, 10, 34, 92], k=chance.randrange(1, 200)))
        records = decode(encoder.encode(STDERR, data, NOW))
        lines = [record.line.decode() for record in records]
        assert "".join(lines) == _go_string(data)
        assert all(line.endswith("\n") for line in lines[:-1])
        assert {record.stream for record in records} == {STDERR}


def _go_string(data: bytes) -> str:
    """Bytes as Go turns them into text: one replacement for each invalid byte."""
    text, index = "", 0
    while index < len(data):
        for length in (1, 2, 3, 4):
            try:
                text += data[index : index + length].decode()
                index += length
                break
            except UnicodeDecodeError:
                continue
        else:
            text += "\ufffd"
            index += 1
    return text


def test_encoding_is_fast():
    """The daemon's hottest path: far above what a container prints, whatever the machine is doing (target: 300 MB/s)."""
    lines = b"2026-11-24 INFO app.module request handled id=0123456789abcdef path=/api/v1/items status=200 dur=12ms\n" * 2600
    encode = LineEncoder({}).encode
    best = 1.0
    for _ in range(20):
        begin = time.thread_time()
        encode(STDOUT, lines, NOW)
        best = min(best, time.thread_time() - begin)
    assert len(lines) / best > 200e6
