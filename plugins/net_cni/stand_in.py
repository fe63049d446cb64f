"""A namespace in place of one that is gone.

Plugins find out what to undo on the host by looking at the container's interface: `bridge` deletes the rules of masquerading for the
addresses it sees there. Where the namespace ended with its processes while no daemon ran, they are shown one like it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from plugins.net_cni.attachments import Attachment
from plugins.net_cni.results import Result
from sdk.linux.links import open_iproute
from sdk.linux.namespaces import in_network_namespace, make_network_namespace

_PEER = "standin"


@contextmanager
def stand_in(attachment: Attachment) -> Iterator[str]:
    """Make a namespace with an attachment's interface and addresses as far as they are known; yield its path."""
    fd = make_network_namespace()
    try:
        path = f"/proc/{os.getpid()}/fd/{fd}"
        if attachment.has_result:
            result = msgspec.json.decode(attachment.result, type=Result)
            addresses = [str(address) for address in result.addresses(attachment.interface)]
            in_network_namespace(path, lambda: _make_link(attachment.interface, addresses))
        yield path
    finally:
        os.close(fd)


def _make_link(name: str, addresses: list[str]) -> None:
    with open_iproute() as route:
        route.link("add", ifname=name, kind="veth", peer=_PEER)
        (index,) = route.link_lookup(ifname=name)
        for address in addresses:
            route.addr("add", index=index, address=address)
