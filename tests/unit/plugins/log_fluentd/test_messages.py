"""Messages of fluentd's forward protocol, decoded again."""

from pathlib import Path

import msgspec

from plugins.log_fluentd.messages import MessageMaker
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Partial, Record

AT = 1_700_000_000_123_456_789
CONTEXT = LogContext("0123456789abcdef", "box", "image", Path("/"), {"tag": "t.{{.Name}}", "labels": "tier"}, {"tier": "web"})
TOLD = {"container_id": "0123456789abcdef", "container_name": "/box", "source": "stderr", "log": "a\ufffd", "tier": "web"}
RECORD = Record(StdStream.STDERR, AT, b"a\xff")


def test_a_message_has_dockers_fields() -> None:
    assert msgspec.msgpack.decode(MessageMaker(CONTEXT, precise=False).message(RECORD)) == ["t.box", 1_700_000_000, TOLD]


def test_times_below_a_second() -> None:
    _, at, _ = msgspec.msgpack.decode(MessageMaker(CONTEXT, precise=True).message(RECORD))
    assert (at.code, at.data) == (0, (1_700_000_000).to_bytes(4, "big") + (123_456_789).to_bytes(4, "big"))


def test_a_batch_that_is_answered() -> None:
    found = msgspec.msgpack.decode(MessageMaker(CONTEXT, precise=False).answered([RECORD, RECORD], "c1"))
    assert found == ["t.box", [[1_700_000_000, TOLD]] * 2, {"chunk": "c1"}]


def test_pieces_of_a_line_are_told() -> None:
    record = Record(StdStream.STDOUT, AT, b"x", Partial("line", 2, last=True))
    told = msgspec.msgpack.decode(MessageMaker(CONTEXT, precise=False).message(record))[2]
    assert {key: value for key, value in told.items() if key.startswith("partial")} == {
        "partial_message": "true",
        "partial_id": "line",
        "partial_ordinal": "2",
        "partial_last": "true",
    }
