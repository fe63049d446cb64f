"""The json-file log driver."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from plugins.log_jsonfile.attributes import attributes_of
from plugins.log_jsonfile.format import JsonLines
from plugins.log_jsonfile.options import check_options
from plugins.log_jsonfile.settings import JsonFileSettings
from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.logfiles.opening import LogOpener, log_opener
from sdk.logfiles.rotation import RotationDefaults
from sdk.providers import PluginContext


@asynccontextmanager
async def open_driver(_context: PluginContext, settings: JsonFileSettings) -> AsyncIterator[LogDriver]:
    """Open the driver; at the end wait for compressions in progress."""
    with log_opener(RotationDefaults(settings.max_size, settings.max_file, settings.compress)) as opener:
        yield JsonFileDriver(opener)


class JsonFileDriver(LogDriver):
    """Keeps each log in `<directory>/<container ID>-json.log`."""

    def __init__(self, opener: LogOpener) -> None:
        self._opener = opener

    def check(self, options: Mapping[str, str]) -> None:
        check_options(options)
        self._opener.check(options)

    def open(self, context: LogContext) -> ContainerLog:
        path = context.directory / f"{context.container_id}-json.log"
        return self._opener.open(path, context.options, JsonLines(attributes_of(context)), is_told=True)
