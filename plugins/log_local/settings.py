"""Settings of the local log driver: the defaults of its options, which are Docker's."""

from sdk.providers import PluginSettings


class LocalLogSettings(PluginSettings):
    """The `[plugins.log_local]` table."""

    max_size: str = "20m"
    max_file: int = 5
    compress: bool = True
