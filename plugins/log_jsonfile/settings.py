"""Settings of the json-file log driver: the defaults of its options."""

from sdk.providers import PluginSettings


class JsonFileSettings(PluginSettings):
    """The `[plugins.log_jsonfile]` table. Unlike Docker's, logs rotate unless told otherwise: `max_size = "-1"`."""

    max_size: str = "10m"
    max_file: int = 3
    compress: bool = False
