"""`core logs`."""

import os
from typing import Annotated

import typer

from core.cli.client.connection.api import connect
from core.cli.client.connection.failure import exits
from core.cli.client.connection.frames import Frames
from core.cli.client.models import Container
from core.cli.client.show.words import moment


@exits()
def logs(
    name: str,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False,
    tail: Annotated[str, typer.Option("--tail", "-n", help="Only the last so many lines.")] = "all",
    since: Annotated[str, typer.Option("--since", help="Time, or duration such as 10m.")] = "",
    until: Annotated[str, typer.Option("--until", help="Time, or duration such as 10m.")] = "",
    timestamps: Annotated[bool, typer.Option("--timestamps", "-t", help="Begin each line with its time.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Show attributes of the lines.")] = False,
) -> None:
    """Show what a container has printed."""
    api = connect()
    terminal = api.get(f"/containers/{name}/json", Container).config.tty
    query = {
        "stdout": "1",
        "stderr": "1",
        "follow": str(int(follow)),
        "tail": tail,
        "timestamps": str(int(timestamps)),
        "details": str(int(details)),
        **{key: moment(text) for key, text in (("since", since), ("until", until)) if text},
    }
    frames = Frames()
    with api.stream("GET", f"/containers/{name}/logs", query) as reply:
        for chunk in reply.iter_raw():
            for stream, content in [(1, chunk)] if terminal else frames.feed(chunk):
                _write(2 if stream == 2 else 1, content)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
