"""Settings of the driver: the table `[plugins.storage_demo]`."""

from typing import Literal

from pydantic import Field

from sdk.providers import PluginSettings


class Settings(PluginSettings):
    """How overlayfs mounts containers' roots."""

    xino: Literal["auto", "on", "off"] = Field(
        "auto", description="whether a file's inode number says which of the two trees it is from"
    )
