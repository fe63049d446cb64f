"""Mounts of a container, with what its client wrote of them."""

import pytest

from plugins.api_docker.convert.mounts import mount_points
from sdk.docker.create import AsSent
from sdk.engine.containers import MountPoint
from tests.unit.plugins.api_docker.convert.test_summaries import info

VOLUME = MountPoint("volume", "/var/v/_data", "/v", writable=True, propagation="", name="v", driver="local")
BIND = MountPoint("bind", "/srv", "/b", writable=False, propagation="rprivate")


@pytest.mark.parametrize(
    ("mount", "sent", "mode"),
    [
        (VOLUME, None, ""),
        (VOLUME, AsSent(), ""),
        (VOLUME, AsSent(modes={"/v": ""}), "z"),
        (VOLUME, AsSent(modes={"/v": "ro"}), "ro"),
        (VOLUME, AsSent(modes={"/other": "ro"}), ""),
        (BIND, AsSent(modes={"/b": ""}), ""),
        (BIND, AsSent(modes={"/b": "rw,Z"}), "rw,Z"),
    ],
)
def test_the_mode_is_what_the_client_wrote_and_z_for_a_local_volume_with_a_name(
    mount: MountPoint, sent: AsSent | None, mode: str
) -> None:
    (shown,) = mount_points(info(mounts=(mount,)), sent)
    assert (shown.mode, shown.rw, shown.destination) == (mode, mount.writable, mount.destination)
