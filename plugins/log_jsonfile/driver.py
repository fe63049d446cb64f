"""The json-file log driver."""

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio

from plugins.log_jsonfile.attributes import attributes_of, expand_tag
from plugins.log_jsonfile.files import Later
from plugins.log_jsonfile.log import JsonFileLog
from plugins.log_jsonfile.options import check_options, parse_rotation
from plugins.log_jsonfile.settings import JsonFileSettings
from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.providers import PluginContext

_READERS = 4


@asynccontextmanager
async def open_driver(_context: PluginContext, settings: JsonFileSettings) -> AsyncIterator[LogDriver]:
    """Open the driver; at the end wait for compressions in progress."""
    parse_rotation({}, settings)
    with ThreadPoolExecutor(1, "log-compression") as compression:
        yield JsonFileDriver(settings, anyio.CapacityLimiter(_READERS), compression.submit)


class JsonFileDriver(LogDriver):
    """Keeps each log in `<directory>/<container ID>-json.log`."""

    def __init__(self, settings: JsonFileSettings, limiter: anyio.CapacityLimiter, later: Later) -> None:
        self._settings = settings
        self._limiter = limiter
        self._later = later

    def check(self, options: Mapping[str, str]) -> None:
        check_options(options)
        parse_rotation(options, self._settings)
        expand_tag(options.get("tag", ""))

    def open(self, context: LogContext) -> ContainerLog:
        path = context.directory / f"{context.container_id}-json.log"
        rotation = parse_rotation(context.options, self._settings)
        return JsonFileLog(path, rotation, attributes_of(context), self._limiter, self._later)
