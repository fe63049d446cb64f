"""Legacy links as the default network's driver takes them: ports that one container may reach though the network keeps them apart."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from core.containers.life.record import ContainerRecord
from core.engine.containers.preparation.links import address_of, children_of
from core.engine.context import EngineContext
from sdk.drivers.network import PortLink
from sdk.oci.ports import Port


async def update_port_links(context: EngineContext, record: ContainerRecord) -> None:
    """Open the ports of links again when a container has come to the default network or left it; nothing if it is on neither end of one.

    Docker's rules know IPv4 alone, and so do these.
    """
    if record.host_config.links or context.containers.link_names(record.id):
        await open_port_links(context)


async def open_port_links(context: EngineContext) -> None:
    """Open the ports of all links between running containers, and no others."""
    await context.attachments.links.update(lambda: frozenset(_open_ports(context)))


def _open_ports(context: EngineContext) -> Iterator[PortLink]:
    for live in context.containers:
        source = address_of(context, live.record) if live.record.host_config.links else ""
        if not source:
            continue
        for _, child in children_of(context, live.record):
            if target := address_of(context, child.record):
                yield from _ports(IPv4Address(source), IPv4Address(target), child.record)


def _ports(source: IPv4Address, target: IPv4Address, child: ContainerRecord) -> Iterator[PortLink]:
    exposed = set(child.config.exposed_ports)
    published = {Port(binding.container_port, binding.protocol) for binding in child.host_config.port_bindings}
    for number, protocol in exposed | published:
        yield PortLink(source, target, number, protocol)
