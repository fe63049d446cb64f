"""Binds what the daemon tells of itself to the protocol that frontends see."""

import time
from collections.abc import AsyncIterator

from core.engine.builds.service import BuildService
from core.engine.context import EngineContext
from core.engine.images.service import ImageService
from core.engine.system import counters, disk_usage, events, info
from core.networks.catalog import NetworkCatalog
from sdk.drivers.registry import Credentials
from sdk.engine.system import DiskUsage, EngineCounters, EventsRequest, PluginStatus, SystemInfo
from sdk.events import Event


class SystemService:
    """Implements `sdk.engine.System`."""

    def __init__(
        self,
        context: EngineContext,
        images: ImageService,
        builds: BuildService,
        networks: NetworkCatalog,
        plugins: tuple[PluginStatus, ...],
    ) -> None:
        self._context = context
        self._images = images
        self._builds = builds
        self._networks = networks
        self._plugins = plugins
        self._started_ns = time.time_ns()

    async def info(self) -> SystemInfo:
        return await info.info(self._context, self._plugins, self._started_ns)

    async def counters(self) -> EngineCounters:
        return counters.counters(self._context, self._networks)

    async def disk_usage(self, kinds: frozenset[str] = frozenset()) -> DiskUsage:
        return await disk_usage.disk_usage(self._context, self._images, self._builds, kinds)

    async def events(self, request: EventsRequest) -> AsyncIterator[Event]:
        return events.events(self._context, request)

    async def authenticate(self, credentials: Credentials) -> str:
        return await self._context.drivers.registry.authenticate(credentials)
