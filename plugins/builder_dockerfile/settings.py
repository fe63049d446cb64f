"""Settings of the Dockerfile builder."""

from pydantic import Field

from sdk.providers import PluginSettings


class DockerfileSettings(PluginSettings):
    """`[plugins.builder_dockerfile]`"""

    parallelism: int = Field(
        0, ge=0, description="steps of one build that may run at once; 0 is as many as there are processors, at least 4"
    )
