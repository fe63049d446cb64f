"""Which containers' addresses are announced to their neighbours, and when."""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

from sdk.drivers.network import Endpoint, Sandbox
from sdk.linux.namespaces import in_network_namespace
from sdk.network.announcing import Announcer, Announcing
from sdk.network.mac_addresses import mac_for
from sdk.network.neighbours import announcement, open_announcing_socket

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


class Announcements:
    """An address usually has the MAC address that goes with it: then neighbours know the right one, and a container's start says nothing.

    It is announced where the network's options ask for that, where a client chose the MAC address, and where the address had a chosen one before.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._announcer = Announcer()
        self._chosen: set[Address] = set()
        self._closed = threading.Event()

    def begin(self, path: str, endpoint: Endpoint, how: Announcing, wait_for_link: Callable[[], None] | None = None) -> None:
        """Announce the addresses of an endpoint in the namespace at a path, if there is reason to, once its neighbours can hear it."""
        if not endpoint.addresses:
            return
        remembered = self._remember(endpoint)
        if not how.count or not (how.asked or remembered):
            return
        if wait_for_link is not None:
            wait_for_link()
        try:
            opened = in_network_namespace(path, lambda: open_announcing_socket(endpoint.interface))
        except OSError as error:
            self._log.warning("the addresses of container %s are not announced: %s", endpoint.container_id[:12], error)
        else:
            self._announcer.begin(endpoint.id, opened, _frames(endpoint), how)

    def end(self, endpoint: Endpoint) -> None:
        """Say no more about an endpoint; idempotent."""
        self._announcer.end(endpoint.id)

    def restore(self, endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """Announce the addresses of containers that lived on without a daemon once, in the background and one after the other."""
        told = [(endpoint, sandbox) for endpoint, sandbox in endpoints if endpoint.addresses]
        for endpoint, _ in told:
            self._remember(endpoint)
        if told:
            threading.Thread(target=self._announce_once, args=(told,), name="announcements", daemon=True).start()

    def close(self) -> None:
        """Say no more."""
        self._closed.set()
        self._announcer.close()

    def _announce_once(self, endpoints: list[tuple[Endpoint, Sandbox]]) -> None:
        for endpoint, sandbox in endpoints:
            if self._closed.is_set():
                return
            try:
                in_network_namespace(sandbox.path, partial(_say_once, endpoint))
            except OSError as error:
                self._log.debug("the addresses of container %s are not announced: %s", endpoint.container_id[:12], error)

    def _remember(self, endpoint: Endpoint) -> bool:
        """Note a chosen MAC address; tell whether neighbours may have another than the usual one in mind."""
        addresses = {interface.ip for interface in endpoint.addresses}
        chosen, was_chosen = endpoint.mac_address != mac_for(endpoint.addresses), not addresses.isdisjoint(self._chosen)
        if chosen:
            self._chosen |= addresses
        elif was_chosen:
            self._chosen -= addresses
        return chosen or was_chosen


def _say_once(endpoint: Endpoint) -> None:
    with open_announcing_socket(endpoint.interface) as opened:
        for frame in _frames(endpoint):
            opened.send(frame)


def _frames(endpoint: Endpoint) -> list[bytes]:
    return [announcement(endpoint.mac_address, interface.ip) for interface in endpoint.addresses]
