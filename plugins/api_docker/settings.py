"""Settings of the Docker Engine API: the `[plugins.api_docker]` table."""

from typing import Literal

from pydantic import Field

from sdk.providers import PluginSettings


class ApiDockerSettings(PluginSettings):
    """`builder_version` is what clients are told by `/_ping`: "2" invites them to BuildKit's protocol (the frontend `buildkit`), "1" to
    the classic endpoint alone. `experimental` is told to clients, as dockerd's option of that name. It enables nothing: it changes
    with what words `squash` and checkpoints are refused."""

    builder_version: Literal["1", "2"] = Field(
        default="2", description="what `/_ping` tells clients: 2 invites them to BuildKit's protocol, 1 to the classic one"
    )
    experimental: bool = Field(default=False, description="told to clients, as by dockerd's option; it enables nothing")
