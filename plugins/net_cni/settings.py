"""Settings of the CNI driver: the table `[plugins.net_cni]`."""

from pathlib import Path

from pydantic import Field

from sdk.providers import PluginSettings


class CniSettings(PluginSettings):
    """Where CNI keeps its things on this machine."""

    conf_dir: Path = Field(default=Path("/etc/cni/net.d"), description="where `*.conflist` files are looked for, by name")
    bin_dirs: tuple[Path, ...] = Field(
        default=(Path("/usr/lib/cni"), Path("/opt/cni/bin")), description="where plugins are looked for, in this order"
    )
    timeout: float = Field(default=60.0, gt=0, description="seconds a plugin may take")
