"""Settings of the overlay driver."""

from pydantic import Field

from sdk.providers import PluginSettings


class OverlaySettings(PluginSettings):
    """`[plugins.storage_overlay]`"""

    mount_options: tuple[str, ...] = Field(
        default=(), description="further overlayfs options of every container, such as `volatile` or `xino=on`"
    )
