"""Commands about containers that exist: `ps`, `stop`, `kill`, `rm`, `restart`, `top`, `port`, `wait`, `pause`, `unpause`, `rename`."""

import json
import sys
from typing import Annotated

import typer

from core.cli.client.connection.api import ApiError, connect
from core.cli.client.connection.failure import exits, for_each
from core.cli.client.models import Container, ContainerSummary, Port, Processes, Waited
from core.cli.client.show.tables import show_table
from core.cli.client.show.words import age, short

Names = Annotated[list[str], typer.Argument(metavar="CONTAINER")]
Seconds = Annotated[int | None, typer.Option("--time", "-t", "--timeout", help="Seconds to wait before killing it.")]
Signal = Annotated[str, typer.Option("--signal", "-s", help="Signal to send.")]
_COMMAND_WIDTH = 20


@exits()
def ps(
    show_all: Annotated[bool, typer.Option("--all", "-a", help="Stopped ones too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only IDs.")] = False,
    latest: Annotated[bool, typer.Option("--latest", "-l", help="Only the one created last.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", help="Only the last so many.")] = 0,
    whole: Annotated[bool, typer.Option("--no-trunc", help="Do not shorten.")] = False,
    filters: Annotated[list[str] | None, typer.Option("--filter", "-f", help="KEY=VALUE")] = None,
) -> None:
    """List containers."""
    query = {
        "all": str(int(show_all or latest or last > 0)),
        "limit": str(1 if latest else last),
        "filters": encode_filters(filters),
    }
    found = connect().get("/containers/json", list[ContainerSummary], query)
    if quiet:
        for container in found:
            print(container.id if whole else short(container.id))
        return
    headings = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
    show_table(headings, (_row(container, whole=whole) for container in found))


def encode_filters(filters: list[str] | None) -> str:
    """Return `KEY=VALUE` filters as the API wants them."""
    chosen: dict[str, dict[str, bool]] = {}
    for text in filters or []:
        key, _, value = text.partition("=")
        chosen.setdefault(key, {})[value] = True
    return json.dumps(chosen)


def _row(container: ContainerSummary, *, whole: bool) -> tuple[str, ...]:
    command = container.command
    if not whole and len(command) > _COMMAND_WIDTH:
        command = command[: _COMMAND_WIDTH - 1] + "…"
    names = ",".join(name.removeprefix("/") for name in container.names)
    identity = container.id if whole else short(container.id)
    ports = ", ".join(map(_port, sorted(container.ports, key=lambda port: (port.private_port, port.ip))))
    return identity, container.image, f'"{command}"', age(container.created), container.status, ports, names


def _port(port: Port) -> str:
    inside = f"{port.private_port}/{port.type}"
    if not port.public_port:
        return inside
    address = f"[{port.ip}]" if ":" in port.ip else port.ip
    return f"{address}:{port.public_port}->{inside}"


@exits()
def stop(names: Names, seconds: Seconds = None, signal: Signal = "") -> None:
    """Stop containers."""
    api = connect()
    for_each(names, lambda name: _void(api.post(f"/containers/{name}/stop", _stop_query(seconds, signal))))


@exits()
def restart(names: Names, seconds: Seconds = None, signal: Signal = "") -> None:
    """Stop containers and start them again."""
    api = connect()
    for_each(names, lambda name: _void(api.post(f"/containers/{name}/restart", _stop_query(seconds, signal))))


def _stop_query(seconds: int | None, signal: str) -> dict[str, str]:
    return {**({"t": str(seconds)} if seconds is not None else {}), **({"signal": signal} if signal else {})}


@exits()
def kill(names: Names, signal: Signal = "KILL") -> None:
    """Send a signal to containers."""
    api = connect()
    for_each(names, lambda name: _void(api.post(f"/containers/{name}/kill", {"signal": signal})))


@exits()
def rm(
    names: Names,
    force: Annotated[bool, typer.Option("--force", "-f", help="Kill it first if it runs.")] = False,
    volumes: Annotated[bool, typer.Option("--volumes", "-v", help="Its anonymous volumes too.")] = False,
) -> None:
    """Remove containers."""
    api = connect()
    query = {"force": str(int(force)), "v": str(int(volumes))}

    def remove(name: str) -> None:
        try:
            api.delete(f"/containers/{name}", query)
        except ApiError as error:
            if not (force and error.status == 404):
                raise

    for_each(names, remove)


@exits()
def pause(names: Names) -> None:
    """Freeze containers."""
    api = connect()
    for_each(names, lambda name: _void(api.post(f"/containers/{name}/pause")))


@exits()
def unpause(names: Names) -> None:
    """Let frozen containers go on."""
    api = connect()
    for_each(names, lambda name: _void(api.post(f"/containers/{name}/unpause")))


@exits()
def wait(names: Names) -> None:
    """Wait until containers have ended; print their exit codes."""
    api = connect()
    for name in names:
        print(api.answer("POST", f"/containers/{name}/wait", Waited).status_code)


@exits()
def rename(name: str, new_name: str) -> None:
    """Give a container another name."""
    connect().post(f"/containers/{name}/rename", {"name": new_name})


@exits()
def top(name: str, ps_arguments: Annotated[list[str] | None, typer.Argument(metavar="PS_OPTION")] = None) -> None:
    """Show the processes of a container."""
    query = {"ps_args": " ".join(ps_arguments)} if ps_arguments else {}
    processes = connect().get(f"/containers/{name}/top", Processes, query)
    show_table(processes.titles, processes.processes)


@exits()
def port(name: str, private_port: Annotated[str, typer.Argument(metavar="PORT")] = "") -> None:
    """Show where a container's ports are published."""
    published = connect().get(f"/containers/{name}/json", Container).network_settings.ports or {}
    wanted = private_port and (private_port if "/" in private_port else f"{private_port}/tcp")
    if wanted and not published.get(wanted):
        print(f"core: no public port '{wanted}' published for {name}", file=sys.stderr)
        sys.exit(1)
    for inside, bindings in sorted(published.items()):
        for binding in bindings or []:
            address = f"[{binding.host_ip}]" if ":" in binding.host_ip else binding.host_ip
            if not wanted:
                print(f"{inside} -> {address}:{binding.host_port}")
            elif inside == wanted:
                print(f"{address}:{binding.host_port}")


def _void(_reply: bytes) -> None:
    """Leave a reply unread."""
