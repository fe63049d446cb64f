"""The fluentd log driver, offered to the kernel."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from plugins.log_fluentd.settings import FluentdSettings
from sdk.drivers.logs import LogDriver
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider, PluginContext
from sdk.shipping.driver import open_shipping

if TYPE_CHECKING:
    from sdk.shipping.wire import Protocol

CONTRACT = ""
"""The suite needs more than the machine has: a receiver that is its own."""


def open_driver(context: PluginContext, settings: FluentdSettings) -> AbstractAsyncContextManager[LogDriver]:
    """Open the driver."""
    return open_shipping(context, settings, _protocol)


def _protocol() -> "Protocol":
    from plugins.log_fluentd.protocol import Fluentd  # noqa: PLC0415 - costs memory only where a container asks for it

    return Fluentd()


@hookimpl
def provide_log_driver() -> LogProvider[FluentdSettings]:
    return LogProvider(name="fluentd", settings=FluentdSettings, open=open_driver)
