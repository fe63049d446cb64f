"""`core network ...`."""

from typing import Annotated

import msgspec
import typer

from core.cli.client.commands.containers import encode_filters
from core.cli.client.commands.run_options import pairs
from core.cli.client.connection.api import connect
from core.cli.client.connection.failure import exits, for_each
from core.cli.client.models import Created, Network, PacketPath, Pruned
from core.cli.client.show.packet_path import show_path
from core.cli.client.show.tables import show_json, show_table
from core.cli.client.show.words import short

application = typer.Typer(help="Networks.", no_args_is_help=True)
Many = list[str] | None


@application.command("ls")
@exits()
def list_networks(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only IDs.")] = False,
    filters: Annotated[Many, typer.Option("--filter", "-f", help="KEY=VALUE")] = None,
) -> None:
    """List networks."""
    found = connect().get("/networks", list[Network], {"filters": encode_filters(filters)})
    if quiet:
        for network in found:
            print(short(network.id))
        return
    rows = ((short(network.id), network.name, network.driver, network.scope) for network in found)
    show_table(("NETWORK ID", "NAME", "DRIVER", "SCOPE"), rows)


@application.command("create")
@exits()
def create(
    name: str,
    driver: Annotated[str, typer.Option("--driver", "-d", help="Network driver.")] = "bridge",
    subnet: Annotated[str, typer.Option("--subnet", help="Such as 10.1.0.0/24.")] = "",
    gateway: Annotated[str, typer.Option("--gateway", help="Address of the gateway.")] = "",
    internal: Annotated[bool, typer.Option("--internal", help="No way out.")] = False,
    options: Annotated[Many, typer.Option("--opt", "-o", help="KEY=VALUE of the driver.")] = None,
    labels: Annotated[Many, typer.Option("--label", help="KEY=VALUE")] = None,
) -> None:
    """Make a network."""
    pool = {key: value for key, value in (("Subnet", subnet), ("Gateway", gateway)) if value}
    body = {
        "Name": name,
        "Driver": driver,
        "Internal": internal,
        "IPAM": {"Config": [pool] if pool else []},
        "Options": pairs(options),
        "Labels": pairs(labels),
    }
    print(connect().answer("POST", "/networks/create", Created, body=body).id)


@application.command("inspect")
@exits()
def inspect(names: Annotated[list[str], typer.Argument(metavar="NETWORK")]) -> None:
    """Show everything about networks."""
    api = connect()
    show_json([api.get(f"/networks/{name}", msgspec.Raw) for name in names])


@application.command("rm")
@exits()
def remove(names: Annotated[list[str], typer.Argument(metavar="NETWORK")]) -> None:
    """Remove networks."""
    api = connect()

    def delete(name: str) -> None:
        api.delete(f"/networks/{name}")

    for_each(names, delete)


@application.command("connect")
@exits()
def connect_container(network: str, container: str) -> None:
    """Connect a container to a network."""
    connect().post(f"/networks/{network}/connect", body={"Container": container})


@application.command("disconnect")
@exits()
def disconnect(
    network: str, container: str, force: Annotated[bool, typer.Option("--force", "-f", help="Also if it is half gone.")] = False
) -> None:
    """Disconnect a container from a network."""
    connect().post(f"/networks/{network}/disconnect", body={"Container": container, "Force": force})


@application.command("explain")
@exits()
def explain(
    container: str, everything: Annotated[bool, typer.Option("--all", "-a", help="Also the rules that do not match.")] = False
) -> None:
    """Show how packets reach a container's published ports, rule by rule."""
    paths = connect().get(f"/containers/{container}/packet-paths", list[PacketPath])
    if not paths:
        print(f"{container} publishes no port")
    for path in paths:
        show_path(path, everything=everything)


@application.command("prune")
@exits()
def prune(filters: Annotated[Many, typer.Option("--filter", help="KEY=VALUE")] = None) -> None:
    """Remove networks that no container uses."""
    pruned = connect().answer("POST", "/networks/prune", Pruned, {"filters": encode_filters(filters)})
    for name in pruned.networks_deleted or ():
        print(name)
