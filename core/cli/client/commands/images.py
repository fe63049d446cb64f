"""`core images`, `core rmi`, `core tag`, `core inspect`."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from core.cli.client.commands.pull import split_tag
from core.cli.client.connection.api import Api, ApiError, connect
from core.cli.client.connection.failure import exits
from core.cli.client.models import ImageSummary, PlanStep, Removal
from core.cli.client.show.tables import show_json, show_table
from core.cli.client.show.words import age, short, size
from core.cli.table import lines

_NOT_FOUND = 404
_KINDS = {"container": "/containers/{}/json", "image": "/images/{}/json", "network": "/networks/{}", "volume": "/volumes/{}"}


@exits()
def images(
    name: Annotated[str, typer.Argument(help="Only images of this name.")] = "",
    show_all: Annotated[bool, typer.Option("--all", "-a", help="Intermediate images too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only IDs.")] = False,
) -> None:
    """List images."""
    filters = {"filters": json.dumps({"reference": {name: True}})} if name else {}
    found = connect().get("/images/json", list[ImageSummary], {"all": str(int(show_all)), **filters})
    if quiet:
        print("\n".join(dict.fromkeys(short(image.id) for image in found)))
        return
    show_table(("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"), (row for image in found for row in _rows(image)))


def _rows(image: ImageSummary) -> Iterator[tuple[str, ...]]:
    names = image.repo_tags or [f"{digest.split('@')[0]}:<none>" for digest in image.repo_digests or []] or ["<none>:<none>"]
    for name in names:
        repository, tag = split_tag(name)
        yield repository, tag, short(image.id), age(image.created), size(image.size)


@exits()
def rmi(
    names: Annotated[list[str], typer.Argument(metavar="IMAGE")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Also if a stopped container uses it.")] = False,
) -> None:
    """Remove images."""
    api = connect()
    failed = False
    for name in names:
        try:
            removed = api.answer("DELETE", f"/images/{name}", list[Removal], {"force": str(int(force))})
        except ApiError as error:
            print(f"core: {error}", file=sys.stderr)
            failed = True
            continue
        for entry in removed:
            print(f"Untagged: {entry.untagged}" if entry.untagged else f"Deleted: {entry.deleted}")
    if failed:
        sys.exit(1)


@exits()
def tag(source: str, target: str) -> None:
    """Give an image another name."""
    repository, name = split_tag(target)
    connect().post(f"/images/{source}/tag", {"repo": repository, "tag": name})


@exits()
def inspect(
    names: Annotated[list[str], typer.Argument(metavar="NAME")],
    kind: Annotated[str, typer.Option("--type", help="container, image, network or volume.")] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Show the system calls that make a container, and why.")] = False,
) -> None:
    """Show everything about containers, images, networks or volumes."""
    api = connect()
    if plan:
        for name in names:
            print("\n".join(lines([(step.call, step.reason) for step in api.get(f"/containers/{name}/plan", list[PlanStep])])))
        return
    found = [_inspected(api, name, kind) for name in names]
    show_json([value for value in found if value is not None])
    if None in found:
        sys.exit(1)


def _inspected(api: Api, name: str, kind: str) -> msgspec.Raw | None:
    for path in (_KINDS[kind],) if kind in _KINDS else _KINDS.values():
        try:
            return api.get(path.format(name), msgspec.Raw)
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
    print(f"core: no such object: {name}", file=sys.stderr)
    return None
