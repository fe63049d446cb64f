"""Tables and JSON on stdout."""

import sys
from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.cli.table import lines


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table without lines, as container tools print it."""
    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in headings:
        made.add_column(heading, no_wrap=True)
    for row in rows:
        made.add_row(*map(Text, row))
    return made


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; into a pipe, with lines as long as they are."""
    if sys.stdout.isatty():
        Console().print(table(headings, rows))
    else:
        print("\n".join(lines([headings, *rows])))


def show_json(value: object) -> None:
    """Print a value as indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=4).decode(errors="replace"))
