"""`core trace ...`."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from core.cli.client.commands import pull as pulling
from core.cli.client.commands import run as running
from core.cli.client.commands.run_flags import RunFlags, taking_flags
from core.cli.client.connection.api import Api, ApiError, connect, traceparent
from core.cli.client.connection.failure import exits
from core.cli.client.models import Trace, TraceSummary
from core.cli.client.show.tables import show_json, show_table
from core.cli.client.show.waterfall import duration, waterfall
from core.cli.client.show.words import age

application = typer.Typer(help="What the daemon does for a request, and how long each step takes.", no_args_is_help=True)

_PATIENCE = 2.0
"""Seconds after which a trace is shown although a request of it is still being served."""
_NOT_FOUND = 404
_SIGNALLED = 128


def run(flags: RunFlags) -> None:
    """Run a command in a new container, then show on stderr what the daemon did for it."""
    with _traced():
        running.run(flags)


application.command("run", context_settings={"allow_interspersed_args": False})(taking_flags(run))


@application.command("pull")
def pull(
    image: Annotated[str, typer.Argument(help="NAME, NAME:TAG or NAME@DIGEST")],
    platform: Annotated[str, typer.Option(help="Such as linux/arm64.")] = "",
) -> None:
    """Pull an image, then show on stderr what the daemon did for it."""
    with _traced():
        pulling.pull(image, platform=platform)


@application.command("command", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
@exits()
def command(words: Annotated[list[str], typer.Argument(metavar="COMMAND [ARGUMENT]...")]) -> None:
    """Run another client that honours TRACEPARENT, such as docker build, then show on stderr what the daemon did for it."""
    with _traced() as header:
        try:
            done = subprocess.run(words, env=os.environ | {"TRACEPARENT": header}, check=False)
        except OSError as error:
            raise ApiError(0, f"{words[0]}: {(error.strerror or str(error)).lower()}") from error
    sys.exit(done.returncode if done.returncode >= 0 else _SIGNALLED - done.returncode)


@application.command("ls")
@exits()
def list_traces() -> None:
    """List the traces that the daemon keeps, the newest last."""
    rows = [
        (trace.id, trace.first, age(trace.start / 1e9), duration(trace.end - trace.start), str(trace.span_count))
        for trace in _finished(connect())
    ]
    show_table(("TRACE ID", "FIRST REQUEST", "BEGAN", "TOOK", "SPANS"), rows)


@application.command("show")
@exits()
def show(
    trace: Annotated[str, typer.Argument(metavar="[TRACE]", help="ID of a trace; the newest by default.")] = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON, with all attributes.")] = False,
) -> None:
    """Show a trace that the daemon keeps."""
    api = connect()
    found = api.get(f"/traces/{trace}", Trace) if trace else _newest(api)
    if json:
        show_json(found)
    else:
        _draw(found, Console())


def _newest(api: Api) -> Trace:
    traces = _finished(api)
    if not traces:
        raise ApiError(_NOT_FOUND, "the daemon keeps no trace: see core trace run")
    return api.get(f"/traces/{traces[-1].id}", Trace)


def _finished(api: Api) -> list[TraceSummary]:
    """Return the traces of which a request has ended."""
    return [trace for trace in api.get("/traces", list[TraceSummary]) if trace.span_count]


@contextmanager
def _traced() -> Iterator[str]:
    """Have the daemon trace the requests of the block, and show the trace however the block ends."""
    number = secrets.token_hex(16)
    header = f"00-{number}-{secrets.token_hex(8)}-01"
    traceparent.set(header)
    try:
        yield header
    finally:
        traceparent.set("")
        _show_when_complete(number)


@exits()
def _show_when_complete(number: str) -> None:
    """Show a trace when the last request has been served, whose answer comes a moment earlier."""
    api, deadline = connect(), time.monotonic() + _PATIENCE
    found = api.get(f"/traces/{number}", Trace)
    while found.running and time.monotonic() < deadline:
        time.sleep(0.02)
        found = api.get(f"/traces/{number}", Trace)
    _draw(found, Console(stderr=True))


def _draw(trace: Trace, console: Console) -> None:
    for line in waterfall(trace, console.width):
        console.print(line, no_wrap=True, overflow="crop", crop=True)
    if trace.dropped:
        print(f"{trace.dropped} further spans were not kept", file=sys.stderr)
