"""Settings of the namespace runtime."""

from typing import Literal

from pydantic import Field

from sdk.providers import PluginSettings


class NamespaceSettings(PluginSettings):
    """The `[plugins.runtime_ns]` table."""

    executor: Literal["auto", "sysrun", "python"] = Field(
        default="auto", description="what carries out the plans: machine code where there is some (auto, sysrun), or Python"
    )
    cgroup_version: Literal["auto", "1", "2"] = Field(
        default="auto", description="the version used where both are mounted; auto: 1 if it has any controllers"
    )
    parallel_starts: int = Field(default=16, description="blocking operations that run at once")
