"""Entries of the journal."""

from pathlib import Path

import pytest

from plugins.log_journald.entries import EntryMaker, field_name
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Partial, Record

AT = 1_700_000_000_120_000_000
LABELS = {"com.example.tier": "web", "lines": "a\nb", "__": "nothing is left of its name"}
CONTEXT = LogContext("0123456789abcdef", "box", "busybox", Path("/"), {"labels": ",".join(LABELS), "tag": "{{.Name}}"}, LABELS)
FIXED = (
    b"CONTAINER_ID=0123456789ab\nCONTAINER_ID_FULL=0123456789abcdef\nCONTAINER_NAME=box\nCONTAINER_TAG=box\nIMAGE_NAME=busybox\n"
    b"SYSLOG_IDENTIFIER=box\nCOM_EXAMPLE_TIER=web\nLINES\n\x03\0\0\0\0\0\0\0a\nb\n"
)


@pytest.mark.parametrize(("stream", "priority"), [(StdStream.STDOUT, b"6"), (StdStream.STDERR, b"3")])
def test_an_entry_has_dockers_fields(stream: StdStream, priority: bytes) -> None:
    assert EntryMaker(CONTEXT).entry(Record(stream, AT, b"a=\xff")) == (
        b"MESSAGE=a=\xff\n" + FIXED + b"PRIORITY=%s\nSYSLOG_TIMESTAMP=2023-11-14T22:13:20.12Z\n" % priority
    )


@pytest.mark.parametrize("last", [True, False])
def test_pieces_of_a_line_are_told(*, last: bool) -> None:
    entry = EntryMaker(CONTEXT).entry(Record(StdStream.STDOUT, AT, b"a", Partial("l", 2, last=last)))
    assert b"CONTAINER_PARTIAL_ID=l\nCONTAINER_PARTIAL_ORDINAL=2\n" in entry
    assert entry.endswith(b"CONTAINER_PARTIAL_LAST=true\n" if last else b"CONTAINER_PARTIAL_MESSAGE=true\n")


@pytest.mark.parametrize(
    ("name", "found"), [("a.b", "A_B"), ("_x", "X"), ("1a", "1A"), ("__", ""), ("é", ""), ("x" * 70, "X" * 64), ("A-9", "A_9")]
)
def test_names_of_fields(name: str, found: str) -> None:
    assert field_name(name) == found


def test_each_record_has_its_own_stream_and_time() -> None:
    maker = EntryMaker(CONTEXT)
    records = [
        Record(stream, AT + later, b"a") for later in (0, 1) for stream in (StdStream.STDOUT, StdStream.STDOUT, StdStream.STDERR)
    ]
    assert [maker.entry(record) for record in records] == [EntryMaker(CONTEXT).entry(record) for record in records]
