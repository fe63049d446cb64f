"""Settings of the layout backend: the table `[plugins.registry_layout]`."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from sdk.errors import InvalidArgument
from sdk.oci.reference import parse_reference
from sdk.providers import PluginSettings


def _checked_host(host: str) -> str:
    try:
        is_host = parse_reference(f"{host}/repository").domain == host
    except InvalidArgument:
        is_host = False
    if not is_host:
        raise ValueError(f"{host!r} cannot begin the name of an image: a host has a dot or a port, or is localhost")
    return host


def _checked_place(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{str(path)!r} is not an absolute path")
    return path


class LayoutSettings(PluginSettings):
    """`hosts."layout.local" = "/srv/images"` makes `docker pull layout.local/app:1` read the layout /srv/images/app."""

    hosts: dict[Annotated[str, AfterValidator(_checked_host)], Annotated[Path, AfterValidator(_checked_place)]] = Field(
        {}, description="Registries that are directories or files: host[:port] = a directory of layouts, one layout, or one archive"
    )
