"""Settings of the local volume driver: there are none."""

from sdk.providers import PluginSettings


class LocalVolumeSettings(PluginSettings):
    """The `[plugins.volume_local]` table."""
