"""`core stats`: what containers use, live."""

import sys
import threading
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer
from rich.live import Live

from core.cli.client.connection.api import Api, ApiError, connect, decoded
from core.cli.client.connection.failure import exits
from core.cli.client.models import ContainerSummary, Sample
from core.cli.client.show.tables import show_table, table
from core.cli.client.show.words import memory, short, size

_HEADINGS = ("CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")
_REFRESH = 1.0
_NOT_FOUND = 404


@exits()
def stats(
    names: Annotated[list[str] | None, typer.Argument(metavar="CONTAINER")] = None,
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Show one reading and end.")] = False,
) -> None:
    """Show what running containers use."""
    api = connect()
    chosen = names or [container.id for container in api.get("/containers/json", list[ContainerSummary])]
    if no_stream or not sys.stdout.isatty():
        samples = [api.get(f"/containers/{name}/stats", Sample, {"stream": "0"}) for name in chosen]
        show_table(_HEADINGS, map(row, samples))
        return
    _show_live(api, chosen)


def _show_live(api: Api, names: list[str]) -> None:
    """One thread per container reads its stream; the latest of each is shown every second. Raises ApiError when all have ended."""
    latest: dict[str, Sample] = {}
    failed: list[ApiError] = []
    readers = [threading.Thread(target=_read, args=(api, name, latest, failed), daemon=True) for name in names]
    for reader in readers:
        reader.start()
    with Live(screen=True) as live:
        while running := [reader for reader in readers if reader.is_alive()]:
            live.update(table(_HEADINGS, map(row, _in_order(names, latest))), refresh=True)
            running[0].join(_REFRESH)
    if failed:
        raise failed[0]


def _read(api: Api, name: str, latest: dict[str, Sample], failed: list[ApiError]) -> None:
    try:
        with api.stream("GET", f"/containers/{name}/stats") as reply:
            for line in reply.iter_lines():
                latest[name] = decoded(line, Sample, f"/containers/{name}/stats")
    except ApiError as error:
        latest.pop(name, None)
        if error.status != _NOT_FOUND:  # it was not removed
            failed.append(error)


def _in_order(names: Iterable[str], latest: Mapping[str, Sample]) -> list[Sample]:
    return [latest[name] for name in names if name in latest]


def row(sample: Sample) -> tuple[str, ...]:
    """Return a reading as a line of the table."""
    used, limit = memory_used(sample), sample.memory_stats.limit
    interfaces = (sample.networks or {}).values()
    blocks = sample.blkio_stats.io_service_bytes_recursive or []
    read, written = (sum(entry.value for entry in blocks if entry.op.lower() == word) for word in ("read", "write"))
    received, sent = sum(i.rx_bytes for i in interfaces), sum(i.tx_bytes for i in interfaces)
    return (
        short(sample.id),
        sample.name.removeprefix("/"),
        f"{cpu_percent(sample):.2f}%",
        f"{memory(used)} / {memory(limit)}",
        f"{100 * used / limit if limit else 0:.2f}%",
        f"{size(received)} / {size(sent)}",
        f"{size(read)} / {size(written)}",
        str(sample.pids_stats.current),
    )


def cpu_percent(sample: Sample) -> float:
    """Return the share of one CPU used since the reading before."""
    now, before = sample.cpu_stats, sample.precpu_stats
    used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
    passed = now.system_cpu_usage - before.system_cpu_usage
    return 100 * used / passed * max(now.online_cpus, 1) if used > 0 and passed > 0 else 0.0


def memory_used(sample: Sample) -> int:
    """Return memory without the page cache that can be given back at once, as Docker counts it."""
    stats = sample.memory_stats.stats
    inactive = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    usage = sample.memory_stats.usage
    return usage - inactive if inactive < usage else usage
