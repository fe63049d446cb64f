"""Settings of the local log driver: the defaults of its options, which are Docker's."""

from pydantic import Field

from sdk.providers import PluginSettings


class LocalLogSettings(PluginSettings):
    """The `[plugins.log_local]` table."""

    max_size: str = Field(default="20m", description="size at which a file is put aside; -1: never")
    max_file: int = Field(default=5, description="files that a container has at most")
    compress: bool = Field(default=True, description="compress the files that are put aside")
