"""The bridge driver: Docker's default network, by Linux bridges and one nftables table."""

from collections.abc import Callable, Collection, Sequence
from logging import Logger
from typing import TypeVar

import anyio
from anyio import CapacityLimiter

from plugins.net_bridge.datapath import Datapath
from plugins.net_bridge.options import parse
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import (
    Endpoint,
    EndpointSpec,
    GatewaySwitch,
    NetworkDriver,
    NetworkSpec,
    PathExplainer,
    PortBinding,
    PortLink,
    PortLinker,
    PortPath,
    PortPublisher,
    Sandbox,
    SandboxMaker,
)
from sdk.providers import PluginContext

T = TypeVar("T")

_THREADS = 4
_SETTLING_SECONDS = 0.05
"""Other programs write several transactions in a row."""


class BridgeDriver(NetworkDriver, SandboxMaker, GatewaySwitch, PathExplainer, PortPublisher, PortLinker):
    """The driver's edge: each operation is one trip to a worker thread, shielded so that a request given up leaves nothing half made."""

    def __init__(self, datapath: Datapath, settings: BridgeSettings, limiter: CapacityLimiter, log: Logger) -> None:
        self._datapath = datapath
        self._settings = settings
        self._limiter = limiter
        self._log = log

    @classmethod
    async def open(cls, context: PluginContext, settings: BridgeSettings) -> "BridgeDriver":
        """Open the driver. Raises SkipPlugin where libnftables is missing."""
        limiter = CapacityLimiter(_THREADS)
        datapath = await anyio.to_thread.run_sync(lambda: Datapath(context.instance, settings, context.log), limiter=limiter)
        return cls(datapath, settings, limiter, context.log)

    async def close(self) -> None:
        """Give back the pool; networks and endpoints stay."""
        await self._run(self._datapath.close)

    async def keep_table(self) -> None:
        """Mend the table whenever another program changed it, until cancelled; costs nothing while none does."""
        changes = self._datapath.changes
        with changes.announced():
            while True:
                await changes.wait()
                await anyio.sleep(_SETTLING_SECONDS)
                try:
                    await self._run(self._datapath.repair)
                except Exception:  # noqa: BLE001 the driver goes on: the next change is another try
                    self._log.exception("the nftables table could not be mended")

    async def keep_relay(self) -> None:
        """Start the relay with its first client, until cancelled; costs nothing while there is none."""
        relay = self._datapath.relay
        with relay.announced():
            while True:
                await relay.wait()
                try:
                    await self._run(relay.hand_over)
                except Exception:  # noqa: BLE001 the driver goes on: the next client is another try
                    self._log.exception("a published port cannot be relayed")

    async def create_network(self, network: NetworkSpec) -> None:
        await self._run(lambda: self._datapath.create_network(network))

    async def remove_network(self, network: NetworkSpec) -> None:
        await self._run(lambda: self._datapath.remove_network(network))

    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        return await self._run(lambda: self._datapath.connect(network, endpoint, sandbox))

    async def disconnect(self, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        del network
        await self._run(lambda: self._datapath.disconnect(endpoint, alive=sandbox is not None))

    async def explain(self, network: NetworkSpec, endpoint: Endpoint) -> Sequence[PortPath]:
        return await self._run(lambda: self._datapath.explain(network, endpoint))

    async def set_default_route(self, endpoint: Endpoint, sandbox: Sandbox, *, preferred: bool) -> None:
        await self._run(lambda: self._datapath.set_default_route(endpoint, sandbox.path, preferred=preferred))

    async def publish(self, network: NetworkSpec, endpoint: Endpoint, ports: Sequence[PortBinding]) -> Endpoint:
        return await self._run(lambda: self._datapath.publish(network, endpoint, ports))

    async def link(self, network: NetworkSpec, links: Collection[PortLink]) -> None:
        if not parse(network, self._settings).icc:
            await self._run(lambda: self._datapath.link(network, links))

    async def open_sandbox(self) -> Sandbox:
        ready = self._datapath.ready_sandbox()
        return ready if ready is not None else await self._run(self._datapath.open_sandbox)

    async def release(self, sandbox: Sandbox) -> None:
        self._datapath.release(sandbox)

    async def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        await self._run(lambda: self._datapath.restore(networks, endpoints))

    async def audit(self) -> Sequence[str]:
        return await self._run(self._datapath.audit)

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
