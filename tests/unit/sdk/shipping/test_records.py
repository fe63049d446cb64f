"""Lines as records, and overlong ones as numbered pieces."""

from sdk.drivers.logs import StdStream
from sdk.shipping.records import Partial, Record, RecordMaker, severity

PIECE = 16 << 10
OUT, ERR = StdStream.STDOUT, StdStream.STDERR


def test_a_record_for_each_line_that_says_something() -> None:
    made = RecordMaker().records(OUT, b"one\n\ntwo\nthree", 5)
    assert made == [Record(OUT, 5, b"one"), Record(OUT, 5, b"two"), Record(OUT, 5, b"three")]
    assert RecordMaker().records(OUT, b"\n", 5) == []


def test_what_is_written_to_stderr_is_an_error() -> None:
    assert [severity(stream) for stream in (OUT, ERR)] == [6, 3]


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


def test_a_line_that_ends_with_its_piece_is_over_before_the_next() -> None:
    maker = RecordMaker()
    first = maker.records(OUT, b"x" * PIECE, 1)[0]
    end, after = maker.records(OUT, b"\nnext\n", 2)
    assert first.partial is not None
    assert end == Record(OUT, 2, b"", Partial(first.partial.line_id, 2, last=True))
    assert after == Record(OUT, 2, b"next")
    maker.records(OUT, b"x" * PIECE, 3)
    assert [record.partial.last for record in maker.records(OUT, b"\n", 4) if record.partial] == [True]


def test_a_receiver_that_is_told_of_no_pieces_gets_no_empty_end() -> None:
    maker = RecordMaker(has_pieces=False)
    assert maker.records(OUT, b"x" * PIECE, 1) == [Record(OUT, 1, b"x" * PIECE)]
    assert maker.records(OUT, b"\nnext\n", 2) == [Record(OUT, 2, b"next")]


def test_text_that_is_not_utf_8_is_replaced() -> None:
    assert Record(OUT, 1, b"a\xff").text == "a\ufffd"
