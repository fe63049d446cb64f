"""Mounts of a container."""

from msgspec import UNSET

from plugins.api_docker.models import containers as wire
from sdk.engine.containers import MountPoint


def mount_point(mount: MountPoint) -> wire.MountPoint:
    """Return one entry of `Mounts`."""
    return wire.MountPoint(
        type=mount.type,
        source=mount.source,
        destination=mount.destination,
        mode=mount.mode,
        rw=mount.writable,
        propagation=mount.propagation,
        name=mount.name or UNSET,
        driver=mount.driver or UNSET,
    )
