"""`core volume ...`."""

import sys
from typing import Annotated

import msgspec
import typer

from core.cli.client.commands.containers import encode_filters
from core.cli.client.commands.copy import chunks, show_archive
from core.cli.client.commands.run_options import pairs
from core.cli.client.connection.api import ApiError, connect
from core.cli.client.connection.failure import exits, for_each
from core.cli.client.models import Pruned, Volume, Volumes
from core.cli.client.show.tables import show_json, show_table
from core.cli.client.show.words import size

application = typer.Typer(help="Volumes.", no_args_is_help=True)
Many = list[str] | None


@application.command("ls")
@exits()
def list_volumes(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only names.")] = False,
    filters: Annotated[Many, typer.Option("--filter", "-f", help="KEY=VALUE")] = None,
) -> None:
    """List volumes."""
    found = connect().get("/volumes", Volumes, {"filters": encode_filters(filters)}).volumes or []
    if quiet:
        for volume in found:
            print(volume.name)
        return
    show_table(("DRIVER", "VOLUME NAME"), ((volume.driver, volume.name) for volume in found))


@application.command("create")
@exits()
def create(
    name: Annotated[str, typer.Argument(help="Empty for one without a name.")] = "",
    driver: Annotated[str, typer.Option("--driver", "-d", help="Volume driver.")] = "",
    options: Annotated[Many, typer.Option("--opt", "-o", help="KEY=VALUE of the driver.")] = None,
    labels: Annotated[Many, typer.Option("--label", help="KEY=VALUE")] = None,
) -> None:
    """Make a volume."""
    body = {"Name": name, "Driver": driver, "DriverOpts": pairs(options), "Labels": pairs(labels)}
    print(connect().answer("POST", "/volumes/create", Volume, body=body).name)


@application.command("inspect")
@exits()
def inspect(names: Annotated[list[str], typer.Argument(metavar="VOLUME")]) -> None:
    """Show everything about volumes."""
    api = connect()
    show_json([api.get(f"/volumes/{name}", msgspec.Raw) for name in names])


@application.command("rm")
@exits()
def remove(
    names: Annotated[list[str], typer.Argument(metavar="VOLUME")],
    force: Annotated[bool, typer.Option("--force", "-f", help="A missing one is no error.")] = False,
) -> None:
    """Remove volumes with their data."""
    api = connect()

    def delete(name: str) -> None:
        api.delete(f"/volumes/{name}", {"force": str(int(force))})

    for_each(names, delete)


@application.command("prune")
@exits()
def prune(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Named ones too.")] = False,
    filters: Annotated[Many, typer.Option("--filter", help="KEY=VALUE")] = None,
) -> None:
    """Remove volumes that no container uses."""
    chosen = encode_filters([*(filters or []), *(["all=1"] if everything else [])])
    pruned = connect().answer("POST", "/volumes/prune", Pruned, {"filters": chosen})
    for name in pruned.volumes_deleted or ():
        print(name)
    print(f"Total reclaimed space: {size(pruned.space_reclaimed)}")


@application.command("export")
@exits()
def export(name: Annotated[str, typer.Argument(metavar="VOLUME")]) -> None:
    """Write a tar of a volume's contents to stdout."""
    if sys.stdout.isatty():
        raise ApiError(0, "an archive is not for a terminal: redirect the output to a file")
    with connect().stream("GET", f"/volumes/{name}/archive") as reply:
        show_archive(reply)


@application.command("import")
@exits()
def import_archive(
    name: Annotated[str, typer.Argument(metavar="VOLUME", help="It is made if there is none.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Even while containers use it.")] = False,
) -> None:
    """Unpack a tar from stdin, compressed or not, over a volume's contents."""
    if sys.stdin.isatty():
        raise ApiError(0, "an archive is not typed: redirect the input from a file")
    query, head = {"force": str(int(force))}, {"Content-Type": "application/x-tar"}
    with connect().stream("PUT", f"/volumes/{name}/archive", query, headers=head, content=chunks(sys.stdin.buffer)) as reply:
        reply.read()


@application.command("clone")
@exits()
def clone(
    name: Annotated[str, typer.Argument(metavar="VOLUME")],
    new_name: Annotated[str, typer.Argument(metavar="NEW")],
) -> None:
    """Make a volume with the contents of another."""
    print(connect().answer("POST", f"/volumes/{name}/clone", Volume, {"name": new_name}).name)
