"""Settings of the vfs driver."""

from sdk.providers import PluginSettings


class VfsSettings(PluginSettings):
    """`[plugins.storage_vfs]`: nothing to set."""
