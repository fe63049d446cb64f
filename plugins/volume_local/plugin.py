"""The local volume driver, offered to the kernel."""

from plugins.volume_local.driver import open_driver
from plugins.volume_local.settings import LocalVolumeSettings
from sdk.hookspecs import hookimpl
from sdk.providers import VolumeProvider


@hookimpl
def provide_volume_driver() -> VolumeProvider[LocalVolumeSettings]:
    return VolumeProvider(name="local", settings=LocalVolumeSettings, open=open_driver, capabilities=frozenset(("volumes",)))
