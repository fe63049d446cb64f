"""The journald log driver, offered to the kernel."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.log_journald.settings import JournaldSettings
from sdk.drivers.logs import LogDriver
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, PluginContext
from sdk.shipping.driver import open_shipping

if TYPE_CHECKING:
    from sdk.shipping.wire import Protocol

CONTRACT = ""
"""The suite needs more than the machine has: a receiver, and it would write into the machine's own journal."""


def open_driver(context: PluginContext, settings: JournaldSettings) -> AbstractAsyncContextManager[LogDriver]:
    """Open the driver."""
    return open_shipping(context, settings, partial(_protocol, settings.socket))


def _protocol(socket: Path) -> "Protocol":
    from plugins.log_journald.protocol import Journald  # noqa: PLC0415 - costs memory only where a container asks for it

    return Journald(socket)


@hookimpl
def provide_log_driver() -> LogProvider[JournaldSettings]:
    return LogProvider(name="journald", settings=JournaldSettings, open=open_driver)
