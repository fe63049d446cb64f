"""Settings of the runtime `oci`."""

from pydantic import Field

from sdk.providers import PluginSettings


class OCISettings(PluginSettings):
    """The `[plugins.runtime_oci]` table."""

    binary: str = Field(default="", description="a path, or a name to look for; the first of crun and runc that works if empty")
    arguments: tuple[str, ...] = Field(default=(), description="what stands in front of every command")
