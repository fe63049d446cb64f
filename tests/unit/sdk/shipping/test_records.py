"""Lines as records, and overlong ones as numbered pieces."""

from sdk.drivers.logs import StdStream
from sdk.shipping.records import Record, RecordMaker

PIECE = 16 << 10
OUT, ERR = StdStream.STDOUT, StdStream.STDERR


def test_a_record_for_each_line_that_says_something() -> None:
    made = RecordMaker().records(OUT, b"one\n\ntwo\nthree", 5)
    assert made == [Record(OUT, 5, b"one"), Record(OUT, 5, b"two"), Record(OUT, 5, b"three")]
    assert RecordMaker().records(OUT, b"\n", 5) == []


def test_pieces_of_a_line_are_numbered_by_stream() -> None:
    maker = RecordMaker()
    first = maker.records(OUT, b"x" * PIECE, 1)
    other = maker.records(ERR, b"y" * PIECE, 1)
    second = maker.records(OUT, b"x" * PIECE, 2)
    last = maker.records(OUT, b"end\nnext\n", 3)
    partials = [record.partial for record in (*first, *second, *last[:1])]
    assert [(each.ordinal, each.last) for each in partials if each] == [(1, False), (2, False), (3, True)]
    assert len({each.line_id for each in partials if each}) == 1
    assert last[1].partial is None
    assert other[0].partial is not None
    assert other[0].partial.ordinal == 1
    assert maker.records(OUT, b"whole\n", 4)[0].partial is None


def test_text_that_is_not_utf_8_is_replaced() -> None:
    assert Record(OUT, 1, b"a\xff").text == "a\ufffd"
