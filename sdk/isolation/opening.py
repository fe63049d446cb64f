"""In the plugin's process: from the first frame to an open driver."""

import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import cast

from sdk.isolation.frames import WIRE, FromPlugin, Open
from sdk.isolation.telling import ToldEvents, ToldLog
from sdk.providers import PluginContext, PluginSettings, Provider


def begin_logging(request: Open, tell: Callable[[FromPlugin], None]) -> None:
    """Send all of this process's log to the daemon from the daemon's level on."""
    handler = ToldLog(tell)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=max(request.level, logging.DEBUG), force=True)
    for chatty in ("asyncio", "pyroute2"):
        logging.getLogger(chatty).addFilter(lambda record: record.levelno >= logging.WARNING)


@asynccontextmanager
async def opened(request: Open, tell: Callable[[FromPlugin], None]) -> AsyncIterator[object]:
    """Import the plugin and open its driver. Raises what the plugin raises."""
    if request.wire != WIRE:
        raise ValueError(f"the daemon speaks version {request.wire} of the protocol, this sdk version {WIRE}")
    sys.path[:] = [*request.path, *(place for place in sys.path if place not in request.path)]  # the module that the daemon has
    provider = _provider(request)
    context = PluginContext(
        name=request.plugin,
        data_root=Path(request.data_root),
        exec_root=Path(request.exec_root),
        instance=request.instance,
        events=ToldEvents(tell),
        log=logging.getLogger(f"plugins.{request.plugin}"),
    )
    async with provider.open(context, provider.settings.model_validate_json(request.settings)) as driver:
        yield driver


def _provider(request: Open) -> Provider[object, PluginSettings]:
    hook = cast(Callable[[], object], getattr(import_module(request.module), request.hook))
    provider = hook()
    if not isinstance(provider, Provider):
        raise TypeError(f"{request.hook} returned a {type(provider).__name__}, not a Provider")
    return provider
