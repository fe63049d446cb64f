"""Runtimes that the configuration names: programs that are driven as crun and runc are, each under a name of its own."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from pydantic import JsonValue

from core.config import Settings, StartupError
from core.defaults import NamedRuntime
from core.kernel.hooks import Offer
from sdk.drivers.runtime import Runtime

DOCKERS_NAMES = ("runc", "io.containerd.runc.v2")
"""Docker's names for the runtime that needs no configuration: here the chosen driver. Compose files and scripts name it."""

DRIVER = "oci"
"""The runtime driver that has a setting `binary`."""

_log = logging.getLogger(__name__)

Open = Callable[[Offer[Runtime], str, Mapping[str, JsonValue]], Awaitable[Runtime]]


class NamedRuntimes:
    """Adds the configuration's runtimes to those of the drivers, and changes them at a reload."""

    def __init__(self, runtimes: dict[str, Runtime], offers: Mapping[str, Offer[Runtime]], open_runtime: Open) -> None:
        self._runtimes = runtimes
        self._drivers = frozenset(runtimes)
        self._offers = offers
        self._open = open_runtime
        self._opened: dict[str, NamedRuntime] = {}

    async def take(self, settings: Settings) -> None:
        """Open what the settings name and is not open; forget what they name no more. Raises StartupError, for a name that is taken and a
        default that does not exist, and then has changed nothing."""
        for name in settings.runtimes.keys() & self._drivers:
            raise StartupError(f"runtime name '{name}' is reserved")
        wanted = settings.containers.runtime
        if wanted and wanted not in self._drivers and wanted not in settings.runtimes:
            raise StartupError(f"specified default runtime '{wanted}' does not exist")
        for name, runtime in settings.runtimes.items():
            if self._opened.get(name) != runtime:
                await self._replace(name, runtime)
        for name in self._opened.keys() - settings.runtimes.keys():
            self._runtimes.pop(name, None)
        self._opened = dict(settings.runtimes)

    async def _replace(self, name: str, runtime: NamedRuntime) -> None:
        """Open a runtime under its name. One that does not work is logged, as containers that do not name it need it not."""
        self._runtimes.pop(name, None)
        offer = self._offers.get(DRIVER)
        if offer is None:
            _log.warning('runtime "%s" needs the runtime driver "%s", which is not available', name, DRIVER)
            return
        try:
            self._runtimes[name] = await self._open(offer, name, {"binary": runtime.path, "arguments": list(runtime.arguments)})
        except StartupError as error:
            _log.warning('runtime "%s" cannot be used: %s', name, error)
