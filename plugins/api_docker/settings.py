"""Settings of the Docker Engine API: the `[plugins.api_docker]` table."""

from typing import Literal

from sdk.providers import PluginSettings


class ApiDockerSettings(PluginSettings):
    """`builder_version` is what clients are told by `/_ping`: "1" makes the CLI send builds to the classic endpoint."""

    builder_version: Literal["1", "2"] = "1"
    experimental: bool = False
