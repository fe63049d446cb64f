"""Settings of the driver: the table `[plugins.storage_demo]`."""

from typing import Literal

from sdk.providers import PluginSettings


class Settings(PluginSettings):
    """`reflink` is cp's: whether copies share their blocks until one is written."""

    reflink: Literal["auto", "always", "never"] = "auto"
