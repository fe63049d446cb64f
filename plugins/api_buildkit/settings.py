"""Settings of BuildKit's protocol: the `[plugins.api_buildkit]` table."""

from pydantic import Field

from sdk.providers import PluginSettings


class ApiBuildkitSettings(PluginSettings):
    """`kept_contexts` is how many build contexts stay on disk, so that the next build of each transfers only what changed.
    `history` is how many past builds are remembered."""

    kept_contexts: int = Field(
        default=16, ge=0, description="build contexts that stay on disk: the next build of each transfers what changed"
    )
    history: int = Field(default=50, ge=1, description="past builds that are remembered")
