"""Volumes."""

from msgspec import UNSET

from plugins.api_docker.convert.times import rfc3339_seconds
from plugins.api_docker.models.volumes import UsageData, Volume
from sdk.engine.volumes import VolumeInfo


def volume(info: VolumeInfo) -> Volume:
    """Return a volume; its usage only where the engine measured it."""
    measured = info.size >= 0 or info.users >= 0
    return Volume(
        created_at=rfc3339_seconds(info.created_ns),
        driver=info.driver,
        labels=dict(info.labels) or None,
        mountpoint=info.mountpoint,
        name=info.name,
        options=dict(info.options) or None,
        usage_data=UsageData(info.size, info.users) if measured else UNSET,
    )
