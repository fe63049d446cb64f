"""Settings of the macvlan driver: there are none."""

from sdk.providers import PluginSettings


class MacvlanSettings(PluginSettings):
    """The `[plugins.net_macvlan]` table."""
