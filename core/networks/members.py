"""Which running containers are on which networks: in memory, and on disk for the next boot."""

import os
import time
from collections.abc import ItemsView, Iterator
from contextlib import contextmanager

import anyio
from msgspec import Struct

from core.networks.attachment import member_of
from core.networks.places import Place
from core.networks.record import ContainerEndpoints, EndpointRecord
from core.store.database import Database
from sdk.drivers.network import Sandbox
from sdk.engine.networks import NetworkMember

_ENDING_SECONDS, _SETTLING_SECONDS, _LOOKING_SECONDS = 0.03, 5.0, 0.005
"""How long a process may take from its last output to its end, and the engine to settle that; and how often to look."""


class Held(Struct, frozen=True):
    """What is kept of a running container: its record, how to reach its namespace, and the driver that made it and must release it."""

    record: ContainerEndpoints
    sandbox: Sandbox | None = None
    made_by: str = ""
    made: Sandbox | None = None


class Members:
    """Every running container with its endpoints. Lives on the event loop."""

    def __init__(self, database: Database) -> None:
        self._table = database.table("endpoints", ContainerEndpoints)
        self._held: dict[str, Held] = {}
        self._joining: list[str] = []

    # One container ---------------------------------------------------------------------------------------------------

    def get(self, container_id: str) -> Held | None:
        """Return what is kept of a container, None if it does not run."""
        return self._held.get(container_id)

    def __getitem__(self, container_id: str) -> Held:
        return self._held[container_id]

    def items(self) -> ItemsView[str, Held]:
        """Return all, by the containers' IDs."""
        return self._held.items()

    def keep(self, container_id: str, held: Held) -> None:
        """Keep a container's endpoints, also on disk. Raises ResourceExhausted, and then nothing is changed."""
        self._table.put(container_id, held.record)
        self._held[container_id] = held

    def take_over(self, container_id: str, held: Held) -> None:
        """Keep what is on disk already."""
        self._held[container_id] = held

    def forget(self, container_id: str) -> None:
        """Drop a container that has ended. A daemon that finds it on disk finds that it does not run."""
        del self._held[container_id]
        self._table.delete_later(container_id)

    # On disk ---------------------------------------------------------------------------------------------------------

    def stored(self) -> list[tuple[str, ContainerEndpoints]]:
        """Return what an earlier daemon kept."""
        return self._table.items()

    def discard(self, container_id: str) -> None:
        """Drop what an earlier daemon kept of a container that ended meanwhile."""
        self._table.delete(container_id)

    # Networks --------------------------------------------------------------------------------------------------------

    def living(self) -> Iterator[tuple[str, Sandbox, EndpointRecord]]:
        """Yield each endpoint with its container's ID and namespace."""
        for container_id, held in self._held.items():
            for endpoint in held.record.endpoints:
                if held.sandbox is not None:
                    yield container_id, held.sandbox, endpoint

    def of(self, network_id: str) -> tuple[NetworkMember, ...]:
        """Return the running containers on a network."""
        return tuple(
            member_of(container_id, held.record.name, endpoint)
            for container_id, held in self._held.items()
            for endpoint in held.record.endpoints
            if endpoint.network_id == network_id
        )

    def in_use(self, network_id: str) -> bool:
        """Tell whether a running container is on a network, or about to be."""
        return network_id in self._joining or bool(self.of(network_id))

    @contextmanager
    def about_to_join(self, places: list[Place]) -> Iterator[None]:
        """Keep networks from being removed while a driver works on them."""
        networks = [place.network.id for place in places]
        self._joining += networks
        try:
            yield
        finally:
            for network in networks:
                self._joining.remove(network)

    async def let_leave(self, network_id: str) -> None:
        """Wait for containers that have just ended to leave a network: a client may hear of an end before it is settled."""
        begun = time.monotonic()
        while time.monotonic() < begun + _SETTLING_SECONDS and self.of(network_id):
            ended = not all(os.path.exists(path) for path in self._sandboxes_on(network_id))
            if not ended and time.monotonic() > begun + _ENDING_SECONDS:
                return
            await anyio.sleep(_LOOKING_SECONDS)

    def _sandboxes_on(self, network_id: str) -> Iterator[str]:
        for _, sandbox, endpoint in self.living():
            if endpoint.network_id == network_id:
                yield sandbox.path
