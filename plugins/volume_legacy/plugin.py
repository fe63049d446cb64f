"""Docker's volume plugins, offered to the kernel."""

from plugins.volume_legacy.settings import LegacyVolumeSettings
from plugins.volume_legacy.source import open_source
from sdk.hookspecs import hookimpl
from sdk.providers import VolumeProvider

CONTRACT = ""
"""The suite needs more than the machine has: a legacy plugin that runs."""


@hookimpl
def provide_volume_driver() -> VolumeProvider[LegacyVolumeSettings]:
    return VolumeProvider(name="legacy", settings=LegacyVolumeSettings, open=open_source)
