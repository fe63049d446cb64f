"""A named network namespace of a test's own: nothing in it meets the host's network, any port is free, and it ends with the test."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyroute2 import IPRoute

from sdk.linux.namespaces import CLONE_NEWNET, open_network_namespace, setns


class NetworkNamespace:
    """Made by `ip netns add`; entered with nsenter, because `ip netns exec` would remount /sys and hide cgroups."""

    def __init__(self) -> None:
        self.name = f"core-test-{secrets.token_hex(4)}"
        self.path = Path("/run/netns") / self.name
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        subprocess.run(["ip", "-n", self.name, "link", "set", "lo", "up"], check=True)

    def command(self, words: Sequence[str]) -> list[str]:
        """Return a command line that runs `words` inside."""
        return ["nsenter", f"--net={self.path}", *words]

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Move the calling thread, and what it starts, inside until the block ends."""
        home = open_network_namespace()
        inside = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(inside, CLONE_NEWNET)
            yield
        finally:
            setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(inside)

    def processes(self) -> list[int]:
        """Return the processes inside."""
        listing = subprocess.run(["ip", "netns", "pids", self.name], check=True, capture_output=True, text=True)
        return [int(pid) for pid in listing.stdout.split()]

    def links(self) -> list[str]:
        """Return the names of the links inside, but for the loopback and bridges, which networks keep."""
        with self.entered(), IPRoute() as route:
            return [link.get_attr("IFLA_IFNAME") for link in route.get_links() if _is_of_a_container(link)]

    def delete(self) -> None:
        """Delete it with all that is in it."""
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


def _is_of_a_container(link: object) -> bool:
    information = link.get_attr("IFLA_LINKINFO")
    kind = information.get_attr("IFLA_INFO_KIND") if information else None
    return kind is not None and kind != "bridge"
