"""Moving what a data root of dockerd has into a running daemon, one thing after the other; what exists there already stays as it is."""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec
from msgspec import Struct

from core.cli.client.connection.api import Api, ApiError, decoded
from core.cli.migrate.archive import saved
from core.cli.migrate.definitions import create_request, in_order
from core.cli.migrate.docker_root import Container, Image, Network, Volume
from core.cli.migrate.layers import Layer, MissingLayer

_CHUNK = 1 << 20
_EXISTS = 409

Say = Callable[[str], None]


class Refused(Exception):
    """One thing that was not moved; the message says why."""


class _Line(Struct):
    error: str = ""


class _Created(Struct):
    warnings: tuple[str, ...] | None = msgspec.field(default=None, name="Warnings")


def move_image(api: Api, image: Image, layers: list[Layer]) -> None:
    """Load an image under its ID and names. Raises Refused."""
    try:
        with api.stream("POST", "/images/load", {"quiet": "1"}, content=saved(image, layers)) as reply:
            said = [decoded(line, _Line, "/images/load").error for line in reply.read().splitlines() if line]
    except (ApiError, MissingLayer) as error:
        raise Refused(str(error)) from error
    if failed := [error for error in said if error]:
        raise Refused(failed[0])


def move_volume(api: Api, volume: Volume) -> None:
    """Make a volume and fill it. Raises Refused; one that exists is not touched."""
    if _exists(api, f"/volumes/{quote(volume.name)}"):
        raise Refused("a volume of that name exists; it was not touched")
    body = {"Name": volume.name, "Driver": "local", "DriverOpts": dict(volume.options), "Labels": dict(volume.labels)}
    _post(api, "/volumes/create", body)
    if volume.options:
        return  # what it mounts is elsewhere
    try:
        with api.stream("PUT", f"/volumes/{quote(volume.name)}/archive", {"force": "1"}, content=_archived(volume)) as reply:
            reply.read()
    except (ApiError, Refused) as error:
        api.delete(f"/volumes/{quote(volume.name)}")
        raise Refused(str(error)) from error


def move_network(api: Api, network: Network) -> None:
    """Make a network. Raises Refused."""
    if _exists(api, f"/networks/{quote(network.name)}"):
        raise Refused("a network of that name exists; it was not touched")
    _post(api, "/networks/create", network.request)


def move_containers(
    api: Api, containers: list[Container], images: Mapping[str, Sequence[str]], say: Say
) -> Iterator[tuple[str, str]]:
    """Create the containers without starting them; yield the name of each that failed, with the reason."""
    names = {container.id: container.name for container in containers}
    for container in in_order(containers):
        body = create_request(container, names, images)
        try:
            made = api.answer("POST", "/containers/create", _Created, {"name": container.name}, body)
        except ApiError as error:
            yield container.name, str(error)
            continue
        say(f"container {container.name}")
        for warning in made.warnings or ():
            say(f"  warning: {warning}")


def _archived(volume: Volume) -> Iterator[bytes]:
    """Yield a volume's contents as GNU tar writes them: owners as numbers, hard links, extended attributes and access lists."""
    words = [
        "tar",
        "--format=posix",
        "--numeric-owner",
        "--xattrs",
        "--xattrs-include=*",
        "--acls",
        "-C",
        str(volume.data),
        "-cf",
        "-",
        ".",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        assert tar.stderr is not None
        while chunk := tar.stdout.read(_CHUNK):
            yield chunk
        complaint = tar.stderr.read().decode(errors="replace").strip()
        if tar.wait():
            raise Refused(complaint.splitlines()[-1] if complaint else "tar failed")


def _exists(api: Api, path: str) -> bool:
    try:
        api.call("GET", path)
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True


def _post(api: Api, path: str, body: object) -> None:
    try:
        api.post(path, body=body)
    except ApiError as error:
        raise Refused(error.message) from error
