"""Legacy links: on the default bridge a container learns others by entries of /etc/hosts and by variables, elsewhere by the name server."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from core.containers.files.hostfiles import rename_in_hosts
from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import is_running
from core.engine.containers.preparation.joining import network_holder
from core.engine.containers.preparation.link_variables import link_variables
from core.engine.context import EngineContext
from sdk.engine.config import EndpointConfig, HostConfig, Link
from sdk.errors import Conflict, InvalidArgument, NoSuchContainer


@dataclass(frozen=True, slots=True)
class Linked:
    """Another container on the default bridge, under the name it has here. `path` names the link as Docker does: /web/db."""

    alias: str
    path: str
    child: ContainerRecord
    address: str

    @property
    def names(self) -> str:
        """The names it has in /etc/hosts."""
        return " ".join(dict.fromkeys((self.alias, self.child.config.hostname, self.child.name)))


def resolve_links(context: EngineContext, host_config: HostConfig) -> dict[str, str]:
    """Return the containers that links lead to on the default bridge: alias to ID. One that shares another's network stands for that.

    Elsewhere the name server finds them when they are asked for, and they need not exist. Raises InvalidArgument, Conflict.
    """
    found: dict[str, str] = {}
    if not host_config.network_mode.is_default_bridge:
        return found
    for link in host_config.links or ():
        child = _existing(context, link.container)
        if child.host_config.network_mode.is_host:
            raise InvalidArgument(
                "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
            )
        found.setdefault(link.name, child.id)
    return found


def _existing(context: EngineContext, ref: str) -> ContainerRecord:
    try:
        return network_holder(context, context.containers.find(ref).record)
    except NoSuchContainer as error:
        raise InvalidArgument(f"could not get container for {ref}: {error.message}") from None


def with_link_names(context: EngineContext, record: ContainerRecord) -> HostConfig:
    """Return a container's host configuration with its links by the names of now."""
    host_config = record.host_config
    if host_config.links is None:
        return host_config
    shown = tuple(Link(child.name, alias) for alias, child in children_of(context, record))
    return replace(host_config, links=shown or None)


def links_of(context: EngineContext, record: ContainerRecord) -> list[Linked]:
    """Return a container's links on the default bridge. Raises Conflict for one that does not run or is on another network."""
    return [_link(context, record, child, alias) for alias, child in children_of(context, record)]


def names_of_links(links: Sequence[Linked]) -> list[tuple[str, str]]:
    """Return addresses and names for /etc/hosts."""
    return [(link.address, link.names) for link in links]


def environment_of_links(links: Iterable[Linked]) -> tuple[str, ...]:
    """Return the variables that tell of links: where exposed ports are, and the other container's own variables."""
    return tuple(
        variable
        for link in links
        for variable in link_variables(link.path, link.address, link.child.config.exposed_ports, link.child.config.env)
    )


def with_links(record: ContainerRecord) -> dict[str, EndpointConfig]:
    """Return the networks a container joins, with its links on the one its mode names, if that is user-defined."""
    host_config = record.host_config
    if not host_config.links or host_config.network_mode.is_default_bridge:
        return record.networks
    networks = dict(record.networks) or {host_config.network_mode.network: EndpointConfig()}
    for name, config in networks.items():
        if name == host_config.network_mode.network:
            links = dict.fromkeys((*config.links, *host_config.links))
            networks[name] = replace(config, links=tuple(links))
    return networks


def announce_address(context: EngineContext, record: ContainerRecord) -> None:
    """Tell the running containers that are linked to one what address it has now that it starts again."""
    for other in context.containers:
        if not (other.record.host_config.links and is_running(other.record)) or other.id == record.id:
            continue
        for alias, child in children_of(context, other.record):
            if child.id == record.id and (address := address_of(context, record)):
                rename_in_hosts(context.directory(other.id), Linked(alias, "", record, address).names, [address])


async def remove_link(context: EngineContext, path: str) -> None:
    """Remove the link that a container has to another: `/web/db` is the one web calls db. Raises Conflict, NoSuchContainer."""
    name, slash, alias = path.removeprefix("/").rpartition("/")
    if not slash:
        context.containers.find(path)
        raise Conflict("Conflict, cannot remove the default link name of the container")
    live = context.containers.find(name)
    async with context.containers.hold(live):
        child = dict(children_of(context, live.record)).get(alias)
        if child is None:
            raise NoSuchContainer(path)
        if is_running(live.record):
            rename_in_hosts(context.directory(live.id), Linked(alias, path, child.record, "").names, [])
        host_config = live.record.host_config
        kept = tuple(link for link in host_config.links or () if link.name != alias)
        links = {other: container_id for other, container_id in (live.record.links or {}).items() if other != alias}
        record = replace(live.record, host_config=replace(host_config, links=kept), links=links)
        context.containers.save(live, record)


def children_of(context: EngineContext, record: ContainerRecord) -> list[tuple[str, LiveContainer]]:
    """Return the containers that one is linked to on the default bridge, with their aliases; those that are gone are left out."""
    if not record.host_config.links or not record.host_config.network_mode.is_default_bridge:
        return []
    links = record.links
    if links is None:  # made by a release that found them by name each time
        links = {link.name: link.container for link in record.host_config.links}
    found = []
    for alias, ref in links.items():
        with suppress(NoSuchContainer):
            found.append((alias, context.containers.find(ref)))
    return found


def _link(context: EngineContext, record: ContainerRecord, live: LiveContainer, alias: str) -> Linked:
    path = f"/{record.name}/{alias}"
    if not is_running(live.record):
        raise Conflict(f"Cannot link to a non running container: /{live.name} AS {path}")
    address = address_of(context, live.record)
    if not address:
        raise Conflict(f"Cannot link to /{live.name}, as it does not belong to the default network")
    return Linked(alias, path, live.record, address)


def address_of(context: EngineContext, record: ContainerRecord) -> str:
    """Return a running container's IPv4 address on the default bridge, "" if it has none."""
    networks, _ = context.attachments.describe(record.id)
    return networks["bridge"].ipv4_address if "bridge" in networks else ""
