"""The drivers that are installed where a test runs, for the test of one that wraps another."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from sdk.drivers.logs import LogDriver
from sdk.drivers.runtime import Runtime
from sdk.errors import NotFound
from sdk.events import EventSink
from sdk.hookspecs import ENTRY_POINT_GROUP
from sdk.providers import LogProvider, PluginContext, PluginSettings, Provider, RuntimeProvider

_D = TypeVar("_D")


class InstalledInTest:
    """Opens the drivers of all distributions here by name, with the settings that they have by themselves, in directories below `parent`.

    Opened again below the same directory a driver finds what it left, as after a restart of the daemon. `instance` and `events` are the
    wrapping driver's.
    """

    def __init__(self, parent: Path, instance: str, events: EventSink) -> None:
        self._parent = parent
        self._instance = instance
        self._events = events

    def runtime(self, name: str) -> AbstractAsyncContextManager[Runtime]:
        """Open the runtime of this name. Raises NotFound."""
        return self._opened("provide_runtime", RuntimeProvider, name)

    def log_driver(self, name: str) -> AbstractAsyncContextManager[LogDriver]:
        """Open the log driver of this name. Raises NotFound."""
        return self._opened("provide_log_driver", LogProvider, name)

    @asynccontextmanager
    async def _opened(self, hook: str, kind: type[Provider[_D, PluginSettings]], name: str) -> AsyncIterator[_D]:
        provider = _provider(hook, kind, name)
        async with provider.open(self._context(name), provider.settings()) as driver:
            yield driver

    def _context(self, name: str) -> PluginContext:
        below = self._parent / f"wrapped-{name}"
        for directory in ("data", "exec"):
            (below / directory).mkdir(parents=True, exist_ok=True)
        log = logging.getLogger(f"plugins.{name}")
        return PluginContext(name, below / "data", below / "exec", self._instance, self._events, log, self)


def _provider(hook: str, kind: type[Provider[_D, PluginSettings]], name: str) -> Provider[_D, PluginSettings]:
    names = []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        provider = _provided(point.load(), hook)
        if isinstance(provider, kind):
            names.append(provider.name)
            if provider.name == name:
                return provider
    raise NotFound(f'{hook}: no driver "{name}" is installed (there are: {", ".join(sorted(names)) or "none"})')


def _provided(module: ModuleType, hook: str) -> object:
    return getattr(module, hook)() if hasattr(module, hook) else None
