"""Settings of the overlay driver."""

from sdk.providers import PluginSettings


class OverlaySettings(PluginSettings):
    """`[plugins.storage_overlay]`"""

    mount_options: tuple[str, ...] = ()
    """Further overlayfs options for every container, such as `volatile` or `xino=on`."""
