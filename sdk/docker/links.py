"""Legacy links: `container:alias`, as clients write them and as they read them back."""

from sdk.engine.config import Link
from sdk.errors import InvalidArgument


def parse_link(text: str) -> Link:
    """Read one of `HostConfig.Links`, `target:alias` or `/target:/me/alias`. Raises InvalidArgument."""
    target, _, alias = text.partition(":")
    target = target.lstrip("/")
    alias = alias.rpartition("/")[2] or target
    if not target or ":" in alias:
        raise InvalidArgument(f"bad format for links: {text}")
    return Link(target, alias)


def shown_link(link: Link, container: str) -> str:
    """Return a link of a container, named by its name, as `HostConfig.Links` shows it: `/db:/web/store`."""
    return f"/{link.container}:/{container}/{link.alias}"


def parse_endpoint_link(text: str) -> Link:
    """Read one of an endpoint's links, `target[:alias]`."""
    target, _, alias = text.partition(":")
    return Link(target, alias)


def shown_endpoint_link(link: Link) -> str:
    """Return what `parse_endpoint_link` reads."""
    return f"{link.container}:{link.alias}" if link.alias else link.container
