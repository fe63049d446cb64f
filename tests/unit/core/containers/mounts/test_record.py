from core.containers.mounts.record import MountRecord, mount_points, volume_names
from sdk.engine.containers import MountPoint

VOLUME = MountRecord(type="volume", source="/data/v", destination="/v", name="v", driver="local")
BIND = MountRecord(type="bind", source="/src", destination="/b", writable=False, propagation="rslave")
HIDDEN = MountRecord(type="tmpfs", source="", destination="/t", shown=False)


def test_clients_see_what_is_shown() -> None:
    assert mount_points([VOLUME, HIDDEN, BIND]) == (
        MountPoint("volume", "/data/v", "/v", writable=True, name="v", driver="local", propagation=""),
        MountPoint("bind", "/src", "/b", writable=False, name="", driver="", propagation="rslave"),
    )
    assert mount_points([]) == ()


def test_only_volumes_have_names_of_volumes() -> None:
    image = MountRecord(type="image", source="sha256:1", destination="/i", name="busybox")
    assert volume_names([VOLUME, BIND, HIDDEN, image]) == ("v",)
