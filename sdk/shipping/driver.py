"""The driver around a protocol: Docker's options for all of them, the local copy, and the senders' common end."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from sdk.drivers.logs import ContainerLog, LogContext, LogDriver
from sdk.errors import InvalidArgument
from sdk.logfiles.attributes import ATTRIBUTE_OPTIONS, check_attributes
from sdk.logfiles.builtin import BUILTIN, cache_options, check_builtin, is_cached
from sdk.logfiles.local import LocalLines
from sdk.logfiles.log import LineLog
from sdk.logfiles.opening import LogOpener, log_opener
from sdk.logfiles.rotation import RotationDefaults, buffer_of
from sdk.logfiles.tags import check_tag
from sdk.providers import PluginContext
from sdk.shipping.settings import ShippingSettings
from sdk.text import cleaned

if TYPE_CHECKING:
    from sdk.shipping._log import Senders
    from sdk.shipping.wire import Protocol

_AT_STOP = 3.0
"""Seconds for which a daemon that stops still tries to send what waits."""

_COPY = "container-cached.log"


@asynccontextmanager
async def open_shipping(
    context: PluginContext, settings: ShippingSettings, load: "Callable[[], Protocol]"
) -> AsyncIterator[LogDriver]:
    """Open a driver; `load` imports and makes its protocol when it is needed. At the end what waits is sent, if that takes no time."""
    defaults = RotationDefaults(settings.cache_max_size, settings.cache_max_file, settings.cache_compress)
    with log_opener(defaults) as opener:
        driver = ShippingDriver(opener, settings.buffer_bytes, load, context.log)
        try:
            yield driver
        finally:
            with anyio.CancelScope(shield=True):
                await driver.finish()


class ShippingDriver(LogDriver):
    """Keeps the copy of each log in `<directory>/container-cached.log`, in the local format, which only the daemon reads."""

    def __init__(self, opener: LogOpener, buffer: int, load: "Callable[[], Protocol]", log: logging.Logger) -> None:
        self._opener = opener
        self._buffer = buffer
        self._load = load
        self._log = log
        self._loaded: Protocol | None = None
        self._senders: Senders | None = None

    def check(self, options: Mapping[str, str]) -> None:
        protocol = self._protocol()
        known = protocol.options | BUILTIN | ATTRIBUTE_OPTIONS | {"tag"}
        for key in options:
            if key not in known:
                raise InvalidArgument(protocol.unknown(cleaned(key)))
        check_builtin(options)
        self._opener.check(cache_options(options))
        check_attributes(options)
        check_tag(options.get("tag", ""))
        protocol.check(options)

    def open(self, context: LogContext) -> ContainerLog:
        from sdk.shipping._log import Senders, ShippedLog  # noqa: PLC0415 - costs memory only where such a log is opened

        if self._senders is None:
            self._senders = Senders(self._log)
        delivery = self._protocol().delivery(context)
        buffer = delivery.buffer or buffer_of(context.options, self._buffer)
        return ShippedLog(context.container_id, delivery, buffer, self._copy(context), self._senders)

    async def finish(self) -> None:
        """Send what waits, for some seconds at most."""
        if self._senders is not None:
            own = anyio.CapacityLimiter(1)  # connections that are being made may have all the threads of another
            await anyio.to_thread.run_sync(self._senders.finish, _AT_STOP, limiter=own)

    def _copy(self, context: LogContext) -> LineLog | None:
        if not is_cached(context.options):
            return None
        return self._opener.open(context.directory / _COPY, cache_options(context.options), LocalLines(), is_told=False)

    def _protocol(self) -> "Protocol":
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded
