"""The json-file log driver."""

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio

from plugins.log_jsonfile.attributes import attributes_of, expand_tag
from plugins.log_jsonfile.format import JsonLines
from plugins.log_jsonfile.options import check_options
from plugins.log_jsonfile.settings import JsonFileSettings
from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.logfiles.files import Later
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import RotationDefaults, parse_rotation
from sdk.providers import PluginContext

_READERS = 4


@asynccontextmanager
async def open_driver(_context: PluginContext, settings: JsonFileSettings) -> AsyncIterator[LogDriver]:
    """Open the driver; at the end wait for compressions in progress."""
    defaults = RotationDefaults(settings.max_size, settings.max_file, settings.compress)
    parse_rotation({}, defaults)
    with ThreadPoolExecutor(1, "log-compression") as compression:
        yield JsonFileDriver(defaults, anyio.CapacityLimiter(_READERS), compression.submit)


class JsonFileDriver(LogDriver):
    """Keeps each log in `<directory>/<container ID>-json.log`."""

    def __init__(self, defaults: RotationDefaults, limiter: anyio.CapacityLimiter, later: Later) -> None:
        self._defaults = defaults
        self._limiter = limiter
        self._later = later

    def check(self, options: Mapping[str, str]) -> None:
        check_options(options)
        parse_rotation(options, self._defaults)
        expand_tag(options.get("tag", ""))

    def open(self, context: LogContext) -> ContainerLog:
        path = context.directory / f"{context.container_id}-json.log"
        rotation = parse_rotation(context.options, self._defaults)
        return LineLog(path, rotation, JsonLines(attributes_of(context)), self._limiter, self._later, is_told=True)
