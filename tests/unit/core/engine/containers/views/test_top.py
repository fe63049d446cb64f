"""The rows of ps that are a container's."""

import pytest

from core.engine.containers.views.top import select
from sdk.errors import InvalidArgument

LISTING = """\
UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 10:00 ?        00:00:01 /sbin/init
root          42       1  0 10:01 ?        00:00:00 sleep 1000 and more
app          421      42  0 10:01 ?        00:00:00 [worker]
"""


def test_rows_of_the_containers_processes_with_commands_in_one_column() -> None:
    table = select(LISTING, frozenset({42, 421}))
    assert table.titles == ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
    assert table.rows == (
        ("root", "42", "1", "0", "10:01", "?", "00:00:00", "sleep 1000 and more"),
        ("app", "421", "42", "0", "10:01", "?", "00:00:00", "[worker]"),
    )


@pytest.mark.parametrize(
    ("listing", "rows"),
    [
        ("PID\n42\n43\n", (("42",),)),
        ("  PID CMD\n   42 sleep\n", (("42", "sleep"),)),
        ("CMD PID\nsleep 42\nx\n² ²\nx -1\n", (("sleep", "42"),)),
        ("PID CMD\n\n42 sleep\n", (("42", "sleep"),)),
        ("PID CMD", ()),
    ],
)
def test_other_columns(listing: str, rows: tuple[tuple[str, ...], ...]) -> None:
    assert select(listing, frozenset({42})).rows == rows


@pytest.mark.parametrize("listing", ["", "\n", "UID CMD\nroot sleep\n", "pid\n42\n"])
def test_without_numbers_nothing_can_be_told(listing: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        select(listing, frozenset({42}))
    assert refused.value.message == "Couldn't find PID field in ps output"


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_a_process_cannot_make_rows_by_its_arguments(separator: str) -> None:
    listing = f"PID CMD\n42 sleep{separator}42 forged\n"
    (row,) = select(listing, frozenset({42})).rows
    assert row[0] == "42"
