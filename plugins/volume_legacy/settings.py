"""Settings of the bridge to Docker's volume plugins."""

from pathlib import Path

from pydantic import Field

from sdk.providers import PluginSettings


class LegacyVolumeSettings(PluginSettings):
    """The `[plugins.volume_legacy]` table. Times are seconds."""

    socket_directories: tuple[Path, ...] = Field((Path("/run/docker/plugins"),), description="where plugins put NAME.sock")
    spec_directories: tuple[Path, ...] = Field(
        (Path("/etc/docker/plugins"), Path("/usr/lib/docker/plugins")), description="where NAME.spec and NAME.json say an address"
    )
    query_timeout: float = Field(5.0, gt=0, description="how long a plugin may take to tell what it has")
    change_timeout: float = Field(120.0, gt=0, description="how long it may take to make, mount, unmount or remove a volume")
