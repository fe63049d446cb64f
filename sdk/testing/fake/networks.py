"""Networks that connect nothing."""

import time
from collections.abc import Sequence
from dataclasses import replace

from sdk.drivers.network import Hop, PortBinding, PortPath
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import Filters
from sdk.engine.networks import NetworkCreate, NetworkInfo, NetworkMember, SubnetConfig
from sdk.errors import Conflict, NoSuchNetwork, PermissionDenied
from sdk.oci.digest import digest_of, hex_of

_GIVEN = ("bridge", "host", "none")


class FakeNetworks:
    """See `sdk.engine.networks.Networks`."""

    def __init__(self) -> None:
        self._networks: dict[str, NetworkInfo] = {}
        for name in _GIVEN:
            self._add(NetworkCreate(name, "null" if name == "none" else name, (SubnetConfig("172.17.0.0/16", "172.17.0.1"),)))

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._networks)

    async def list(self, filters: Filters) -> Sequence[NetworkInfo]:
        """Return networks, by name if asked."""
        names = filters.get("name", ())
        return [info for name, info in self._networks.items() if not names or name in names]

    async def inspect(self, ref: str) -> NetworkInfo:
        """Return a network by name or ID."""
        for info in self._networks.values():
            if info.config.name == ref or (ref and info.id.startswith(ref)):
                return info
        raise NoSuchNetwork(ref)

    async def create(self, request: NetworkCreate) -> NetworkInfo:
        """Keep a network."""
        if request.name in self._networks:
            raise Conflict(f"network with name {request.name} already exists")
        return self._add(replace(request, driver=request.driver or "bridge"))

    async def remove(self, ref: str) -> None:
        """Forget a network."""
        info = await self.inspect(ref)
        if info.config.name in _GIVEN:
            raise PermissionDenied(f"{info.config.name} is a pre-defined network and cannot be removed")
        del self._networks[info.config.name]

    async def connect(self, ref: str, container: str, config: EndpointConfig, *, force: bool = False) -> None:
        """Note a member."""
        del force, config
        info = await self.inspect(ref)
        member = NetworkMember(container, container, "e" * 64, "02:42:ac:11:00:02", "172.17.0.2/16", "")
        self._networks[info.config.name] = replace(info, members=(*info.members, member))

    async def disconnect(self, ref: str, container: str, *, force: bool = False) -> None:
        """Forget a member."""
        del force
        info = await self.inspect(ref)
        members = tuple(member for member in info.members if member.container_id != container)
        self._networks[info.config.name] = replace(info, members=members)

    async def explain(self, container: str) -> Sequence[PortPath]:
        """Tell of one port."""
        hop = Hop("prerouting", "tcp dport 8080 dnat to 172.17.0.2:80", "goes to 172.17.0.2:80")
        return [
            PortPath(PortBinding(80, host_ip="0.0.0.0", host_port=8080), "from another host", (hop,), f"arrives at {container}")
        ]

    async def prune(self, filters: Filters) -> Sequence[str]:
        """Forget what was created."""
        del filters
        created = [name for name in self._networks if name not in _GIVEN]
        for name in created:
            del self._networks[name]
        return created

    def _add(self, config: NetworkCreate) -> NetworkInfo:
        info = NetworkInfo(hex_of(digest_of(config.name.encode())), time.time_ns(), config)
        self._networks[config.name] = info
        return info
