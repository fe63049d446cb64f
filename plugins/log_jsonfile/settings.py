"""Settings of the json-file log driver: the defaults of its options."""

from pydantic import Field

from sdk.providers import PluginSettings


class JsonFileSettings(PluginSettings):
    """The `[plugins.log_jsonfile]` table. Unlike Docker's, logs rotate unless told otherwise: `max_size = "-1"`."""

    max_size: str = Field(default="10m", description="size at which a file is put aside; -1: never")
    max_file: int = Field(default=3, description="files that a container has at most")
    compress: bool = Field(default=False, description="compress the files that are put aside")
