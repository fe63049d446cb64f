"""Settings of the frontend: the table `[plugins.frontend_live]`."""

from pydantic import Field

from sdk.providers import PluginSettings


class Settings(PluginSettings):
    """Where the API is found."""

    path: str = Field("/live", pattern=r"^(/[A-Za-z0-9._-]+)+$", description="the path below which it is served")
