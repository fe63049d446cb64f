import pytest

from core.streams.pump import PARTIAL_LIMIT, pieces

LONG = b"x" * PARTIAL_LIMIT


@pytest.mark.parametrize(
    ("lines", "divided"),
    [
        (b"", []),
        (b"a\nb\n", [b"a\nb\n"]),
        (b"short\n" * 50_000, [b"short\n" * 50_000]),
        (LONG[1:] + b"\n" + LONG[1:] + b"\n", [LONG[1:] + b"\n" + LONG[1:] + b"\n"]),
        (LONG + b"\n", [LONG, b"\n"]),
        (b"a\n" + LONG + LONG + b"rest\nb\n", [b"a\n", LONG, LONG, b"rest\nb\n"]),
    ],
)
def test_only_overlong_lines_are_divided(lines: bytes, divided: list[bytes]):
    assert list(pieces(lines)) == divided
