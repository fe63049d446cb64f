"""The macvlan driver: containers as hosts of their own on the network of one of this host's links."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio
from anyio import CapacityLimiter

from plugins.net_macvlan.datapath import Datapath
from sdk.drivers.network import (
    Endpoint,
    EndpointSpec,
    GatewaySwitch,
    NetworkDriver,
    NetworkSpec,
    Sandbox,
    SandboxMaker,
)
from sdk.providers import PluginContext

T = TypeVar("T")

_THREADS = 4


class MacvlanDriver(NetworkDriver, SandboxMaker, GatewaySwitch):
    """The driver's edge: each operation is one trip to a worker thread, shielded so that a request given up leaves nothing half made."""

    def __init__(self, context: PluginContext) -> None:
        self._datapath = Datapath(context.instance, context.log)
        self._limiter = CapacityLimiter(_THREADS)

    async def close(self) -> None:
        """Give back descriptors; networks and endpoints stay."""
        await self._run(self._datapath.close)

    async def create_network(self, network: NetworkSpec) -> None:
        await self._run(lambda: self._datapath.create_network(network))

    async def remove_network(self, network: NetworkSpec) -> None:
        await self._run(lambda: self._datapath.remove_network(network))

    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        return await self._run(lambda: self._datapath.connect(network, endpoint, sandbox))

    async def disconnect(self, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        del network
        await self._run(lambda: self._datapath.disconnect(endpoint, sandbox))

    async def set_default_route(self, endpoint: Endpoint, sandbox: Sandbox, *, preferred: bool) -> None:
        await self._run(lambda: self._datapath.set_default_route(endpoint, sandbox.path, preferred=preferred))

    async def open_sandbox(self) -> Sandbox:
        return await self._run(self._datapath.open_sandbox)

    async def release(self, sandbox: Sandbox) -> None:
        self._datapath.release(sandbox)

    async def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        await self._run(lambda: self._datapath.restore(networks, endpoints))

    async def audit(self) -> Sequence[str]:
        return await self._run(self._datapath.audit)

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
