"""Where legacy plugins are found: what the settings of each bridge to them begin with."""

from pathlib import Path

from pydantic import Field

from sdk.providers import PluginSettings


class DiscoverySettings(PluginSettings):
    """The directories that `find_address` and `list_names` of `sdk.legacy.discovery` take."""

    socket_directories: tuple[Path, ...] = Field((Path("/run/docker/plugins"),), description="where plugins put NAME.sock")
    spec_directories: tuple[Path, ...] = Field(
        (Path("/etc/docker/plugins"), Path("/usr/lib/docker/plugins")), description="where NAME.spec and NAME.json say an address"
    )
