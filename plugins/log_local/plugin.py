"""The local log driver, offered to the kernel."""

from plugins.log_local.driver import open_driver
from plugins.log_local.settings import LocalLogSettings
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider


@hookimpl
def provide_log_driver() -> LogProvider[LocalLogSettings]:
    return LogProvider(name="local", settings=LocalLogSettings, open=open_driver)
