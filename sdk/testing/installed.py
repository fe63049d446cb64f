"""The drivers that are installed where a test runs, for the test of one that wraps another."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from sdk.drivers.logs import LogDriver
from sdk.drivers.runtime import Runtime
from sdk.errors import NotFound
from sdk.events import EventSink
from sdk.hookspecs import ENTRY_POINT_GROUP
from sdk.providers import LogProvider, PluginContext, PluginSettings, Provider, RuntimeProvider


class InstalledInTest:
    """Opens the drivers of all distributions here by name, with the settings that they have by themselves, in directories below `parent`.

    Opened again below the same directory a driver finds what it left, as after a restart of the daemon. `instance` and `events` are the
    wrapping driver's.
    """

    def __init__(self, parent: Path, instance: str, events: EventSink) -> None:
        self._parent = parent
        self._instance = instance
        self._events = events

    @asynccontextmanager
    async def runtime(self, name: str) -> AsyncIterator[Runtime]:
        """Open the runtime of this name. Raises NotFound."""
        provider = _provider("provide_runtime", name)
        assert isinstance(provider, RuntimeProvider)
        async with provider.open(self._context(name), provider.settings()) as driver:
            yield driver

    @asynccontextmanager
    async def log_driver(self, name: str) -> AsyncIterator[LogDriver]:
        """Open the log driver of this name. Raises NotFound."""
        provider = _provider("provide_log_driver", name)
        assert isinstance(provider, LogProvider)
        async with provider.open(self._context(name), provider.settings()) as driver:
            yield driver

    def _context(self, name: str) -> PluginContext:
        below = self._parent / f"wrapped-{name}"
        for directory in ("data", "exec"):
            (below / directory).mkdir(parents=True, exist_ok=True)
        log = logging.getLogger(f"plugins.{name}")
        return PluginContext(name, below / "data", below / "exec", self._instance, self._events, log, self)


def _provider(hook: str, name: str) -> Provider[object, PluginSettings]:
    names = []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        provider = _provided(point.load(), hook)
        if isinstance(provider, Provider):
            names.append(provider.name)
            if provider.name == name:
                return provider
    raise NotFound(f'{hook}: no driver "{name}" is installed (there are: {", ".join(sorted(names)) or "none"})')


def _provided(module: ModuleType, hook: str) -> object:
    return getattr(module, hook)() if hasattr(module, hook) else None
