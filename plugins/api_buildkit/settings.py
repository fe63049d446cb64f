"""Settings of BuildKit's protocol: the `[plugins.api_buildkit]` table."""

from pydantic import Field

from sdk.providers import PluginSettings


class ApiBuildkitSettings(PluginSettings):
    """The `[plugins.api_buildkit]` table."""

    kept_contexts: int = Field(
        default=16, ge=0, description="build contexts that stay on disk: the next build of each transfers what changed"
    )
    history: int = Field(default=50, ge=1, description="past builds that are remembered")
