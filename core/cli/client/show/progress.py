"""Progress of pulls and pushes: a bar per layer on a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Iterator
from typing import TextIO

import msgspec
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from core.cli.client.connection.api import ApiError
from core.cli.client.models import Progress
from core.cli.client.show.words import size
from sdk.text import UNREADABLE, unreadable_reason

_ENDED = frozenset({"Pull complete", "Already exists", "Pushed", "Layer already exists"})
_MEASURED = frozenset({"Downloading", "Extracting", "Pushing"})


def messages(chunks: Iterable[bytes]) -> Iterator[Progress]:
    """Yield the messages of a progress stream. Raises ApiError for one that reports an error, or is none."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield _checked(line)
    if rest.strip():
        yield _checked(rest)


def show_progress(chunks: Iterable[bytes], to: TextIO, *, quiet: bool = False) -> None:
    """Show a progress stream until its end. Raises ApiError for an error in it."""
    if quiet:
        for _ in messages(chunks):
            pass
    elif to.isatty():
        _show_bars(chunks, Console(file=to))
    else:
        for message in messages(chunks):
            if message.status not in _MEASURED:
                print(_line(message), file=to, flush=True)


def _line(message: Progress) -> str:
    return f"{message.id}: {message.status}" if message.id else message.status or message.stream


def _show_bars(chunks: Iterable[bytes], console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[amount]}"))
    with Bars(*columns, console=console, refresh_per_second=12) as bars:
        tasks: dict[str, TaskID] = {}
        for message in messages(chunks):
            if message.id in tasks or _is_layer(message):
                _show_layer(bars, tasks, message)
            else:
                console.print(_line(message), highlight=False)


def _is_layer(message: Progress) -> bool:
    """Tell a layer from a tag: `latest: Pulling from library/alpine` and `latest: digest: ...` are no layers."""
    return bool(message.id) and not message.status.startswith(("Pulling from", "digest:"))


def _show_layer(bars: Bars, tasks: dict[str, TaskID], message: Progress) -> None:
    description = f"{message.id}: {message.status:<18}"
    if message.id not in tasks:
        tasks[message.id] = bars.add_task(description, total=None, amount="")
    task = tasks[message.id]
    detail = message.progress_detail
    if detail.total:
        amount = f"{size(detail.current)} / {size(detail.total)}"
        bars.update(task, description=description, completed=detail.current, total=detail.total, amount=amount)
    elif message.status in _ENDED:
        whole = bars.tasks[task].total
        amount = size(whole) if whole else ""
        bars.update(task, description=description, completed=whole or 1, total=whole or 1, amount=amount)
    else:
        bars.update(task, description=description)


def _checked(line: bytes) -> Progress:
    try:
        message = msgspec.json.decode(line, type=Progress)
    except UNREADABLE as error:
        raise ApiError(0, f"the daemon's progress cannot be read: {unreadable_reason(error)}") from error
    if message.error or message.error_detail:
        raise ApiError(500, message.error or (message.error_detail.message if message.error_detail else ""))
    return message
