"""`core pull` and `core push`."""

import base64
import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer

from core.cli.client.connection.api import Api, ApiError, connect
from core.cli.client.connection.failure import exits
from core.cli.client.show.progress import show_progress
from sdk.text import UNREADABLE

_HUB = "https://index.docker.io/v1/"


class _Login(msgspec.Struct):
    auth: str = ""
    identitytoken: str = ""


class _Logins(msgspec.Struct):
    auths: dict[str, _Login] = {}


@exits()
def pull(
    image: Annotated[str, typer.Argument(help="NAME, NAME:TAG or NAME@DIGEST")],
    all_tags: Annotated[bool, typer.Option("--all-tags", "-a", help="Pull every tag of the name.")] = False,
    platform: Annotated[str, typer.Option(help="Such as linux/arm64.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Pull an image from a registry."""
    pull_image(connect(), image, sys.stdout, platform=platform, quiet=quiet, all_tags=all_tags)
    if quiet:
        print(image)


@exits()
def push(
    image: Annotated[str, typer.Argument(help="NAME or NAME:TAG")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Push an image to its registry."""
    name, tag = split_tag(image)
    with connect().stream("POST", f"/images/{name}/push", {"tag": tag or "latest"}, headers=login_header(image)) as reply:
        show_progress(reply.iter_raw(), sys.stdout, quiet=quiet)


def pull_image(api: Api, image: str, to: TextIO, *, platform: str = "", quiet: bool = False, all_tags: bool = False) -> None:
    """Pull an image, showing the progress there. Raises ApiError."""
    name, tag = split_tag(image)
    query = {"fromImage": name, **({} if all_tags else {"tag": tag or "latest"}), **({"platform": platform} if platform else {})}
    with api.stream("POST", "/images/create", query, headers=login_header(image)) as reply:
        show_progress(reply.iter_raw(), to, quiet=quiet)


def split_tag(image: str) -> tuple[str, str]:
    """Return an image's name and its tag or digest, "" if it has none."""
    name, _, digest = image.partition("@")
    if digest:
        return name, digest
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "")


def login_header(image: str) -> dict[str, str]:
    """Return the header with what `docker login` has kept for an image's registry, if it has.

    Raises ApiError for a login that cannot be read."""
    directory = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        logins = msgspec.json.decode((directory / "config.json").read_bytes(), type=_Logins).auths
    except (OSError, *UNREADABLE):
        return {}
    first = image.split("/", maxsplit=1)[0]
    registry = first if "/" in image and ("." in first or ":" in first or first == "localhost") else _HUB
    login = logins.get(registry) or logins.get(f"https://{registry}")
    if login is None:
        return {}
    try:
        user, _, password = base64.b64decode(login.auth).decode().partition(":")
    except ValueError:  # not base64, or no text
        raise ApiError(0, f"the login for {registry} in {directory / 'config.json'} cannot be read") from None
    said = {"username": user, "password": password, "identitytoken": login.identitytoken, "serveraddress": registry}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()}
