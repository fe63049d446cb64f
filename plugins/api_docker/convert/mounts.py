"""Mounts of a container."""

from collections.abc import Mapping

from msgspec import UNSET

from plugins.api_docker.models import containers as wire
from sdk.docker.create import AsSent
from sdk.engine.containers import ContainerInfo, MountPoint


def mount_points(info: ContainerInfo, sent: AsSent | None) -> list[wire.MountPoint]:
    """Return `Mounts`, with what a client has sent of them."""
    modes = sent.modes if sent is not None else {}
    return [_mount_point(mount, modes) for mount in info.mounts]


def _mount_point(mount: MountPoint, modes: Mapping[str, str]) -> wire.MountPoint:
    return wire.MountPoint(
        type=mount.type,
        source=mount.source,
        destination=mount.destination,
        mode=_mode(mount, modes),
        rw=mount.writable,
        propagation=mount.propagation,
        name=mount.name or UNSET,
        driver=mount.driver or UNSET,
    )


def _mode(mount: MountPoint, modes: Mapping[str, str]) -> str:
    """Return what the client wrote. Docker shows an SELinux relabelling it did not ask for on every local volume that has a name or
    comes of a `--mount`; tools compare with it."""
    mode = modes.get(mount.destination)
    return mode or ("z" if mode is not None and mount.type == "volume" and mount.driver == "local" else "")
