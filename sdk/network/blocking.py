"""The edge of a network driver whose work is system calls and programs: each operation is one trip to a worker thread."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import anyio
from anyio import CapacityLimiter

from sdk.drivers.network import Endpoint, EndpointSpec, GatewaySwitch, NetworkDriver, NetworkSpec, Sandbox, SandboxMaker

T = TypeVar("T")

_THREADS = 4


class BlockingDatapath(Protocol):
    """What a driver does to the kernel. Called from several threads at once; the methods are those of the driver interfaces."""

    def close(self) -> None:
        """Let go of what this process holds: what is in the kernel stays."""

    def create_network(self, network: NetworkSpec) -> None:
        """See `NetworkDriver.create_network`."""

    def remove_network(self, network: NetworkSpec) -> None:
        """See `NetworkDriver.remove_network`."""

    def connect(self, network: NetworkSpec, spec: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """See `NetworkDriver.connect`."""

    def disconnect(self, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        """See `NetworkDriver.disconnect`."""

    def set_default_route(self, endpoint: Endpoint, path: str, *, preferred: bool) -> None:
        """See `GatewaySwitch.set_default_route`; `path` is that of the sandbox."""

    def open_sandbox(self) -> Sandbox:
        """See `SandboxMaker.open_sandbox`."""

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox. Must not block: it is called on the event loop."""

    def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """See `NetworkDriver.restore`."""

    def audit(self) -> Sequence[str]:
        """See `NetworkDriver.audit`."""


class BlockingDriver(NetworkDriver, SandboxMaker, GatewaySwitch):
    """A driver over a blocking datapath. Operations are shielded, so that a request given up leaves nothing half made."""

    def __init__(self, datapath: BlockingDatapath) -> None:
        self._datapath = datapath
        self._limiter = CapacityLimiter(_THREADS)

    async def close(self) -> None:
        """Give back descriptors; networks and endpoints stay."""
        await self.in_thread(self._datapath.close)

    async def create_network(self, network: NetworkSpec) -> None:
        await self.in_thread(lambda: self._datapath.create_network(network))

    async def remove_network(self, network: NetworkSpec) -> None:
        await self.in_thread(lambda: self._datapath.remove_network(network))

    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        return await self.in_thread(lambda: self._datapath.connect(network, endpoint, sandbox))

    async def disconnect(self, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        del network
        await self.in_thread(lambda: self._datapath.disconnect(endpoint, sandbox))

    async def set_default_route(self, endpoint: Endpoint, sandbox: Sandbox, *, preferred: bool) -> None:
        await self.in_thread(lambda: self._datapath.set_default_route(endpoint, sandbox.path, preferred=preferred))

    async def open_sandbox(self) -> Sandbox:
        return await self.in_thread(self._datapath.open_sandbox)

    async def release(self, sandbox: Sandbox) -> None:
        self._datapath.release(sandbox)

    async def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        await self.in_thread(lambda: self._datapath.restore(networks, endpoints))

    async def audit(self) -> Sequence[str]:
        return await self.in_thread(self._datapath.audit)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Return what `work` returns in a worker thread, of which the driver has a few. Raises what it raises."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
