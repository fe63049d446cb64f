"""`core info`, `core version`, `core events`."""

import time
from typing import Annotated

import typer

from core.cli.client.commands.containers import encode_filters
from core.cli.client.connection.api import connect, decoded
from core.cli.client.connection.failure import exits
from core.cli.client.models import Event, Info, Version
from core.cli.client.show.words import memory, moment

_NANOSECONDS = 10**9


@exits()
def info() -> None:
    """Show the daemon's state and what it stands on."""
    found = connect().get("/info", Info)
    shown = {
        "Name": found.name,
        "Version": found.version,
        "Containers": f"{found.containers} ({found.running} running, {found.paused} paused, {found.stopped} stopped)",
        "Images": str(found.images),
        "Storage driver": found.storage,
        "Logging driver": found.logging,
        "Runtime": found.runtime,
        "Cgroups": f"version {found.cgroup_version}, {found.cgroup_driver}",
        "Kernel": f"{found.kernel} ({found.architecture})",
        "System": found.system,
        "CPUs": str(found.cpus),
        "Memory": memory(found.memory),
        "Data root": found.root,
    }
    for name, value in shown.items():
        print(f"{name + ':':<16} {value}")
    for warning in found.warnings or ():
        print(f"WARNING: {warning}")


@exits()
def version() -> None:
    """Show the daemon's version."""
    found = connect().get("/version", Version)
    for name, value in {
        "Version": found.version,
        "API version": found.api_version,
        "Kernel": found.kernel,
        "Platform": f"{found.os}/{found.arch}",
    }.items():
        print(f"{name + ':':<16} {value}")


@exits()
def events(
    since: Annotated[str, typer.Option("--since", help="Time, or duration such as 10m.")] = "",
    until: Annotated[str, typer.Option("--until", help="Time, or duration such as 10m.")] = "",
    filters: Annotated[list[str] | None, typer.Option("--filter", "-f", help="KEY=VALUE")] = None,
) -> None:
    """Show what happens, as it happens."""
    query = {
        "filters": encode_filters(filters),
        **{key: moment(text) for key, text in (("since", since), ("until", until)) if text},
    }
    with connect().stream("GET", "/events", query) as reply:
        for line in reply.iter_lines():
            if line:
                print(_line(decoded(line, Event, "/events")), flush=True)


def _line(event: Event) -> str:
    seconds, fraction = divmod(event.time_nano, _NANOSECONDS)
    when = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(seconds))}.{fraction:09d}"
    attributes = ", ".join(f"{key}={value}" for key, value in sorted(event.actor.attributes.items()))
    return f"{when} {event.type} {event.action} {event.actor.id}" + (f" ({attributes})" if attributes else "")
