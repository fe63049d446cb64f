"""The gelf log driver, offered to the kernel."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from plugins.log_gelf.settings import GelfSettings
from sdk.drivers.logs import LogDriver
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, PluginContext
from sdk.shipping.driver import open_shipping

if TYPE_CHECKING:
    from sdk.shipping.wire import Protocol

CONTRACT = ""
"""The suite needs more than the machine has: a receiver that is its own."""


def open_driver(context: PluginContext, settings: GelfSettings) -> AbstractAsyncContextManager[LogDriver]:
    """Open the driver."""
    return open_shipping(context, settings, _protocol)


def _protocol() -> "Protocol":
    from plugins.log_gelf.protocol import Gelf  # noqa: PLC0415 - costs memory only where a container asks for it

    return Gelf()


@hookimpl
def provide_log_driver() -> LogProvider[GelfSettings]:
    return LogProvider(name="gelf", settings=GelfSettings, open=open_driver)
