"""Places in a log, as text and back, and texts that are none."""

import pytest

from sdk.errors import InvalidArgument
from sdk.logfiles.position import Position, parse_position


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("0:", Position(0, None)),
        ("5:", Position(5, None)),
        ("5:0", Position(5, 0)),
        ("1700000000000000000:99", Position(1700000000000000000, 99)),
    ],
)
def test_a_position_is_a_file_and_a_size(text: str, position: Position) -> None:
    assert parse_position(text) == position
    assert str(position) == text
    assert len(text) <= 64


@pytest.mark.parametrize("text", ["", "5", ":", ":5", "x:5", "5:x", "-1:5", "5:-1", "5:5:5", "5: 5", "٣:5", "5:" + "9" * 5000])
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^not a position in this log: "):
        parse_position(text)
