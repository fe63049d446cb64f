"""The local log driver: compact files that rotate and are compressed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from plugins.log_local.settings import LocalLogSettings
from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.errors import InvalidArgument
from sdk.logfiles.builtin import BUILTIN, check_builtin
from sdk.logfiles.local import LocalLines
from sdk.logfiles.opening import LogOpener, log_opener
from sdk.logfiles.rotation import RotationDefaults
from sdk.providers import PluginContext
from sdk.text import cleaned

_KNOWN = frozenset(("max-size", "max-file", "compress")) | BUILTIN


@asynccontextmanager
async def open_driver(_context: PluginContext, settings: LocalLogSettings) -> AsyncIterator[LogDriver]:
    """Open the driver; at the end wait for compressions in progress."""
    with log_opener(RotationDefaults(settings.max_size, settings.max_file, settings.compress)) as opener:
        yield LocalLogDriver(opener)


class LocalLogDriver(LogDriver):
    """Keeps each log in `<directory>/container.log`, which only the daemon reads: clients are not told of it."""

    def __init__(self, opener: LogOpener) -> None:
        self._opener = opener
        self._lines = LocalLines()

    def check(self, options: Mapping[str, str]) -> None:
        for key in options:
            if key not in _KNOWN:
                raise InvalidArgument(f"unknown log opt '{cleaned(key)}' for log driver local")
        check_builtin(options)
        self._opener.check(options)

    def open(self, context: LogContext) -> ContainerLog:
        return self._opener.open(context.directory / "container.log", context.options, self._lines, is_told=False)
