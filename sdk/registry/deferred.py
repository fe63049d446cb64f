"""A registry backend that is loaded when the first registry is spoken to: its HTTP client need not be in a daemon's memory before."""

from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync

from sdk.drivers.registry import RegistryBackend
from sdk.registry.forwarding import ForwardingBackend


class DeferredBackend(ForwardingBackend):
    """Stands for the backend that `load` returns; it is called once, on a worker thread. `hosts` must be what that backend would say."""

    def __init__(self, load: Callable[[], RegistryBackend], hosts: frozenset[str] = frozenset()) -> None:
        self._load = load
        self._hosts = hosts
        self._loading = anyio.Lock()
        self._loaded: RegistryBackend | None = None

    @property
    def hosts(self) -> frozenset[str]:
        return self._hosts

    async def backend_of(self, host: str) -> RegistryBackend:
        del host
        async with self._loading:
            if self._loaded is None:
                self._loaded = await run_sync(self._load)
        return self._loaded
