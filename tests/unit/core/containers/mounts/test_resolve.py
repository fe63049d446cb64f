from pathlib import Path

import pytest

from core.containers.mounts.resolve import MountRecord, mount_points, resolve_mounts, volume_names
from sdk.docker.bodies import BindOptions, HostConfig, ImageOptions, MountRequest, TmpfsOptions, VolumeDriverConfig, VolumeOptions
from sdk.docker.create import host_config
from sdk.engine import config as engine
from sdk.engine.config import ContainerConfig
from sdk.engine.mounts import Mount, MountType
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import InvalidArgument, NoSuchContainer

pytestmark = pytest.mark.anyio


class Volumes:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.requests: list[VolumeCreate] = []

    async def acquire(self, request: VolumeCreate, container_id: str) -> VolumeInfo:
        self.requests.append(request)
        name = request.name or f"anonymous{len(self.requests)}"
        return VolumeInfo(name, request.driver or "local", f"/volumes/{name}/_data", 1, {}, {})


async def resolve(
    config: ContainerConfig | None = None, mounts_of=None, volumes: Volumes | None = None, **host
) -> tuple[MountRecord, ...]:
    def nobody(reference: str) -> tuple[MountRecord, ...]:
        raise NoSuchContainer(reference)

    return await resolve_mounts(
        "c1",
        config or ContainerConfig(),
        host_config(HostConfig(**host)),
        volumes or Volumes(),
        mounts_of or nobody,
        "/var/lib/core",
    )


async def test_no_mounts_ask_for_nothing():
    volumes = Volumes()
    assert await resolve(volumes=volumes) == ()
    assert volumes.requests == []


async def test_a_bind_is_recursive_and_private_and_may_be_made():
    (record,) = await resolve(binds=("/srv/../etc/:/conf/:ro",))
    assert record == MountRecord(
        type="bind", source="/etc", destination="/conf", writable=False, propagation="rprivate", create_source=True
    )


async def test_a_relative_source_names_a_volume():
    volumes = Volumes()
    (record,) = await resolve(volumes=volumes, binds=("data:/var:nocopy",))
    assert volumes.requests == [VolumeCreate("data")]
    assert (record.type, record.name, record.source, record.copy_up) == ("volume", "data", "/volumes/data/_data", False)


async def test_a_bare_destination_and_image_volumes_are_anonymous():
    records = await resolve(ContainerConfig(volumes=("/log/", "/bound")), binds=("/only", "/tmp:/bound"))
    assert [(r.type, r.destination, r.anonymous, r.copy_up) for r in records] == [
        ("volume", "/only", True, True),
        ("bind", "/bound", False, False),
        ("volume", "/log", True, True),
    ]
    assert volume_names(records) == ("anonymous1", "anonymous2")


@pytest.mark.parametrize(
    "host",
    [
        {"binds": ("/tmp:/x", "/usr:/x/")},
        {"binds": ("/tmp:/x",), "tmpfs": {"/x": ""}},
        {"binds": ("/tmp:/x",), "mounts": (MountRequest(type="tmpfs", target="/x"),)},
    ],
)
async def test_a_destination_is_taken_once(host):
    with pytest.raises(InvalidArgument, match=r"^Duplicate mount point: /x$"):
        await resolve(**host)


async def test_tmpfs_overrides_defaults_and_is_not_shown():
    records = await resolve(tmpfs={"/run": "rw,exec,size=64m", "/t": ""})
    assert [r.options for r in records] == [("nosuid", "nodev", "rw", "exec", "size=64m"), ("noexec", "nosuid", "nodev")]
    assert mount_points(records) == ()


async def test_mount_requests_of_every_type(tmp_path: Path):
    volumes = Volumes()
    records = await resolve(
        volumes=volumes,
        mounts=(
            MountRequest(
                type="bind", source=str(tmp_path), target="/b", bind_options=BindOptions(propagation="rslave", non_recursive=True)
            ),
            MountRequest(
                type="volume",
                source="data",
                target="/v",
                volume_options=VolumeOptions(
                    no_copy=True, labels={"a": "b"}, driver_config=VolumeDriverConfig("local", {"o": "x"}), subpath="in/side"
                ),
            ),
            MountRequest(type="tmpfs", target="/t", tmpfs_options=TmpfsOptions(size_bytes=4096, mode=0o1777)),
        ),
    )
    assert records[0].propagation == "rslave"
    assert not records[0].recursive
    assert volumes.requests == [VolumeCreate("data", "local", {"o": "x"}, {"a": "b"})]
    assert (records[1].subpath, records[1].copy_up) == ("in/side", False)
    assert records[2].options == ("noexec", "nosuid", "nodev", "size=4096", "mode=1777")
    assert [point.type for point in mount_points(records)] == ["bind", "volume", "tmpfs"]


async def test_an_image_is_mounted_read_only():
    (record,) = await resolve(
        mounts=(MountRequest(type="image", source="busybox", target="/x", image_options=ImageOptions(subpath="in/side")),)
    )
    assert (record.type, record.name, record.subpath, record.writable) == ("image", "busybox", "in/side", False)


async def test_volumes_from_another_container_can_be_made_read_only():
    other = (
        MountRecord(type="bind", source="/srv", destination="/srv", propagation="rprivate"),
        MountRecord(type="volume", source="/volumes/v/_data", destination="/v", name="v", driver="local", anonymous=True),
        MountRecord(type="tmpfs", source="", destination="/t", shown=False),
    )
    records = await resolve(mounts_of={"box": other}.__getitem__, volumes_from=("box:ro",), binds=("/tmp:/srv",))
    assert [(r.source, r.destination, r.writable) for r in records] == [
        ("/tmp", "/srv", True),
        ("/volumes/v/_data", "/v", False),
    ]
    assert records[1].anonymous


async def test_volumes_from_nobody_is_an_error():
    with pytest.raises(NoSuchContainer):
        await resolve(volumes_from=("nobody",))
    with pytest.raises(InvalidArgument, match="invalid mode: upside"):
        await resolve(volumes_from=("nobody:upside",))


@pytest.mark.parametrize(
    ("mount", "reason"),
    [
        (
            Mount(type=MountType.BIND, source="/nowhere/at/all", destination="/x"),
            "bind source path does not exist: /nowhere/at/all",
        ),
        (Mount(type=MountType.BIND, source="rel", destination="/x"), "invalid mount path: 'rel' mount path must be absolute"),
        (Mount(type=MountType.BIND, destination="/x"), "field Source must not be empty"),
        (Mount(type=MountType.TMPFS, destination=""), "field Target must not be empty"),
        (Mount(type=MountType.TMPFS, destination="/."), "invalid specification: destination can't be '/'"),
        (Mount(type=MountType.BIND, source="/tmp", destination="/x", propagation="no"), "invalid propagation mode: no"),
        (
            Mount(type=MountType.VOLUME, destination="/x", subpath="../up"),
            'subpath must be a relative path within the volume: "../up"',
        ),
        (Mount(type=MountType.IMAGE, destination="/x"), "field Source must not be empty"),
    ],
)
async def test_mounts_that_cannot_be_are_refused_whatever_frontend_asks(mount: Mount, reason: str):
    def nobody(reference: str) -> tuple[MountRecord, ...]:
        raise NoSuchContainer(reference)

    host = engine.HostConfig(mounts=(mount,))
    with pytest.raises(InvalidArgument) as raised:
        await resolve_mounts("c1", ContainerConfig(), host, Volumes(), nobody, "/var/lib/core")
    assert raised.value.message == f'invalid mount config for type "{mount.type}": {reason}'
