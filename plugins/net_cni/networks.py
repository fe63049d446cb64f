"""Which bridges go with a network.

The plugin `bridge` makes its bridge when it is first needed and never removes it. A bridge that was not there when the network was
created is removed with it; this is on disk, because a daemon that starts later cannot know.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from plugins.net_cni import links
from plugins.net_cni.conflists import Conflist
from sdk.drivers.network import NetworkSpec
from sdk.linux.atomic import replace_file
from sdk.linux.links import link_names
from sdk.text import UNREADABLE

_SHORT = 12


class _Network(Struct, frozen=True):
    bridges: tuple[str, ...] = ()


class Networks:
    """A file per network. For worker threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def learn(self, network: NetworkSpec, conflist: Conflist) -> None:
        """Note at a network's creation which bridges are still to be made; idempotent."""
        path = self._path(network.id)
        if not path.exists():
            present = link_names()
            missing = tuple(name for name in conflist.bridges if name not in present)
            replace_file(path, msgspec.json.encode(_Network(missing)), durable=True)

    def remove(self, network_id: str) -> None:
        """Remove a network's bridges, unless an interface uses them; idempotent."""
        path = self._path(network_id)
        for bridge in self._bridges(path):
            links.remove_idle_bridge(bridge)
        path.unlink(missing_ok=True)

    def remove_others(self, networks: set[str]) -> None:
        """Remove what networks left that are not among these."""
        known = {self._path(network_id) for network_id in networks}
        for path in set(self._directory.glob("*.json")) - known:
            self.remove(path.stem)

    def bridges(self) -> list[str]:
        """Return the bridges that are there and go with a network."""
        present = link_names()
        return [name for path in self._directory.glob("*.json") for name in self._bridges(path) if name in present]

    def _bridges(self, path: Path) -> tuple[str, ...]:
        with suppress(FileNotFoundError, *UNREADABLE):
            return msgspec.json.decode(path.read_bytes(), type=_Network).bridges
        return ()

    def _path(self, network_id: str) -> Path:
        return self._directory / f"{network_id[:_SHORT]}.json"
