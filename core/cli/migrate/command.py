"""`core migrate from-docker`."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core.cli.client.connection.api import Api, connect
from core.cli.client.connection.failure import exits
from core.cli.client.show.words import size
from core.cli.failure import one_sentence
from core.cli.migrate.archive import size_of
from core.cli.migrate.docker_root import Container, DockerRoot, Image, Network, Volume
from core.cli.migrate.layers import Layer, MissingLayer, find_layers
from core.cli.migrate.moving import Refused, move_containers, move_image, move_network, move_volume

application = typer.Typer(help="Take over what another engine has.", no_args_is_help=True)


@application.callback()
def _group() -> None:
    """Take over what another engine has."""


@application.command("from-docker")
@exits()
def from_docker(
    source: Annotated[Path, typer.Option("--source", metavar="DIR", help="dockerd's data root")] = Path("/var/lib/docker"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only tell what would be moved")] = False,
) -> None:
    """Copy images, volumes, networks and definitions of containers from a stopped dockerd into the running daemon.

    Nothing in dockerd's data root is changed. What has a name that exists in the daemon already is not touched. Containers are made, not
    started; what they wrote into their own file systems is not moved.
    """
    with one_sentence():
        move = _Move(DockerRoot.open(source))
        move.tell() if dry_run else move.carry_out(connect())
    for complaint in move.complaints:
        print(f"not moved: {complaint}", file=sys.stderr)
    sys.exit(1 if move.complaints and not dry_run else 0)


class _Move:
    """What a data root has, found before anything is moved."""

    def __init__(self, root: DockerRoot) -> None:
        self.complaints = root.complaints
        self._images: list[tuple[Image, list[Layer]]] = []
        for image in root.images():
            try:
                self._images.append((image, find_layers(root.path, image.diff_ids)))
            except MissingLayer as error:
                self.complaints.append(f"image {_name(image)}: {error}")
        self._volumes: list[Volume] = []
        for volume in root.volumes():
            if volume.driver == "local":
                self._volumes.append(volume)
            else:
                self.complaints.append(f"volume {volume.name}: its driver {volume.driver} keeps it elsewhere")
        self._networks: list[Network] = list(root.networks())
        self._containers: list[Container] = list(root.containers())

    def tell(self) -> None:
        """Print what would be moved."""
        for image, layers in self._images:
            print(f"image {_name(image)} ({size(size_of(image, layers))})")
        for volume in self._volumes:
            print(f"volume {volume.name} ({'options only' if volume.options else size(_disk(volume.data))})")
        for network in self._networks:
            print(f"network {network.name} ({network.driver})")
        for container in self._containers:
            print(f"container {container.name}")

    def carry_out(self, api: Api) -> None:
        """Move everything; what fails is a complaint, and the rest goes on."""
        for image, layers in self._images:
            self._try(f"image {_name(image)}", partial(move_image, api, image, layers))
        for volume in self._volumes:
            self._try(f"volume {volume.name}", partial(move_volume, api, volume))
        for network in self._networks:
            self._try(f"network {network.name}", partial(move_network, api, network))
        names = {f"sha256:{image.id}": image.tags for image, _ in self._images}
        for name, reason in move_containers(api, self._containers, names, print):
            self.complaints.append(f"container {name}: {reason}")

    def _try(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Refused as error:
            self.complaints.append(f"{what}: {error}")
            return
        print(what)


def _name(image: Image) -> str:
    return ", ".join(image.tags) or f"sha256:{image.id[:12]}"


def _disk(directory: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in directory.rglob("*"))
