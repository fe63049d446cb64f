"""The json-file log driver, offered to the kernel."""

from plugins.log_jsonfile.driver import open_driver
from plugins.log_jsonfile.settings import JsonFileSettings
from sdk.hookspecs import hookimpl
from sdk.providers import LogProvider


@hookimpl
def provide_log_driver() -> LogProvider[JsonFileSettings]:
    return LogProvider(name="json-file", settings=JsonFileSettings, open=open_driver)
