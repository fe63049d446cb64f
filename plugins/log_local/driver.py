"""The local log driver: compact files that rotate and are compressed."""

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio

from plugins.log_local.format import LocalLines
from plugins.log_local.settings import LocalLogSettings
from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.errors import InvalidArgument
from sdk.logfiles.files import Later
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import RotationDefaults, check_mode, parse_rotation
from sdk.providers import PluginContext

_KNOWN = frozenset({"max-size", "max-file", "compress", "mode", "max-buffer-size"})
_READERS = 4


@asynccontextmanager
async def open_driver(_context: PluginContext, settings: LocalLogSettings) -> AsyncIterator[LogDriver]:
    """Open the driver; at the end wait for compressions in progress."""
    defaults = RotationDefaults(settings.max_size, settings.max_file, settings.compress)
    parse_rotation({}, defaults)
    with ThreadPoolExecutor(1, "log-compression") as compression:
        yield LocalLogDriver(defaults, anyio.CapacityLimiter(_READERS), compression.submit)


class LocalLogDriver(LogDriver):
    """Keeps each log in `<directory>/container.log`, which is nobody else's to read: clients are not told of it."""

    def __init__(self, defaults: RotationDefaults, limiter: anyio.CapacityLimiter, later: Later) -> None:
        self._defaults = defaults
        self._limiter = limiter
        self._later = later
        self._lines = LocalLines()

    def check(self, options: Mapping[str, str]) -> None:
        for key in options:
            if key not in _KNOWN:
                raise InvalidArgument(f"unknown log opt '{key}' for log driver local")
        check_mode(options)
        parse_rotation(options, self._defaults)

    def open(self, context: LogContext) -> ContainerLog:
        rotation = parse_rotation(context.options, self._defaults)
        return LineLog(context.directory / "container.log", rotation, self._lines, self._limiter, self._later, is_told=False)
