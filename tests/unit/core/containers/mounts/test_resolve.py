import re
from pathlib import Path

import pytest

from core.containers.mounts.resolve import MountRecord, mount_points, resolve_mounts, volume_names
from sdk.engine.config import (
    BindOptions,
    ContainerConfig,
    HostConfig,
    ImageOptions,
    MountRequest,
    TmpfsOptions,
    VolumeDriverConfig,
    VolumeOptions,
)
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import InvalidArgument, NoSuchContainer, Unsupported

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
        "c1", config or ContainerConfig(), HostConfig(**host), volumes or Volumes(), mounts_of or nobody, "/var/lib/core"
    )


async def test_no_mounts_ask_for_nothing():
    volumes = Volumes()
    assert await resolve(volumes=volumes) == ()
    assert volumes.requests == []


async def test_a_bind_is_recursive_and_private_and_may_be_made():
    (record,) = await resolve(binds=("/srv/../etc/:/conf/:ro",))
    assert record == MountRecord(
        type="bind", source="/etc", destination="/conf", writable=False, mode="ro", propagation="rprivate", create_source=True
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (":/x", "invalid volume specification: ':/x'"),
        ("", "invalid volume specification: ''"),
        ("/a:/b:ro:rw", "invalid volume specification: '/a:/b:ro:rw'"),
        ("/x:ro", "invalid volume specification: '/x:ro'"),
        ("/a:/b:bad", "invalid mode: bad"),
        ("/a:/b:ro,rw", "invalid mode: ro,rw"),
        ("/a:/b:rshared,rslave", "invalid mode: rshared,rslave"),
        (
            "/a:b",
            "invalid volume specification: '/a:b': invalid mount config for type \"bind\": "
            "invalid mount path: 'b' mount path must be absolute",
        ),
        (
            "name:/",
            "invalid volume specification: 'name:/': invalid mount config for type \"volume\": "
            "invalid specification: destination can't be '/'",
        ),
    ],
)
async def test_bad_binds_get_dockers_sentences(text: str, sentence: str):
    with pytest.raises(InvalidArgument) as raised:
        await resolve(binds=(text,))
    assert raised.value.message == sentence


async def test_a_relative_source_names_a_volume():
    volumes = Volumes()
    (record,) = await resolve(volumes=volumes, binds=("data:/var:nocopy",))
    assert volumes.requests == [VolumeCreate("data")]
    assert (record.type, record.name, record.source, record.copy_up) == ("volume", "data", "/volumes/data/_data", False)


async def test_a_named_local_volume_shows_the_mode_docker_shows():
    (record,) = await resolve(binds=("data:/var",))
    assert record.mode == "z"


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


async def test_unknown_tmpfs_words_are_refused():
    with pytest.raises(InvalidArgument, match=r'invalid tmpfs option \["shared=yes"\]'):
        await resolve(tmpfs={"/run": "shared=yes"})


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


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (MountRequest(type="bind", source="/nowhere/at/all", target="/x"), "bind source path does not exist: /nowhere/at/all"),
        (MountRequest(type="bind", source="rel", target="/x"), "invalid mount path: 'rel' mount path must be absolute"),
        (MountRequest(type="bind", target="/x"), "field Source must not be empty"),
        (MountRequest(type="bind", source="/tmp", target=""), "field Target must not be empty"),
        (MountRequest(type="bind", source="/tmp", target="x"), "invalid mount path: 'x' mount path must be absolute"),
        (
            MountRequest(type="bind", source="/tmp", target="/x", volume_options=VolumeOptions(no_copy=True)),
            "field VolumeOptions must not be specified",
        ),
        (
            MountRequest(type="bind", source="/tmp", target="/x", bind_options=BindOptions(propagation="no")),
            "invalid propagation mode: no",
        ),
        (MountRequest(type="volume", target="/x", read_only=True), "must not set ReadOnly mode when using anonymous volumes"),
        (MountRequest(type="tmpfs", source="a", target="/x"), "field Source must not be specified"),
        (MountRequest(type="strange", target="/x"), "mount type unknown"),
    ],
)
async def test_bad_mount_requests_get_dockers_sentences(request_: MountRequest, reason: str):
    with pytest.raises(InvalidArgument) as raised:
        await resolve(mounts=(request_,))
    assert raised.value.message == f'invalid mount config for type "{request_.type}": {reason}'


@pytest.mark.parametrize("subpath", ["../up", "/abs", "a/../../b"])
async def test_a_subpath_stays_inside(subpath: str):
    with pytest.raises(InvalidArgument, match="subpath must be a relative path within the volume"):
        await resolve(mounts=(MountRequest(type="volume", source="v", target="/x", volume_options=VolumeOptions(subpath=subpath)),))


async def test_an_image_is_mounted_read_only():
    (record,) = await resolve(
        mounts=(MountRequest(type="image", source="busybox", target="/x", image_options=ImageOptions(subpath="in/side")),)
    )
    assert (record.type, record.name, record.subpath, record.writable) == ("image", "busybox", "in/side", False)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (MountRequest(type="image", target="/x"), "field Source must not be empty"),
        (MountRequest(type="image", source="i", target="/x", volume_options=VolumeOptions(no_copy=True)), "field VolumeOptions"),
        (
            MountRequest(type="image", source="i", target="/x", image_options=ImageOptions(subpath="..")),
            'subpath must be a relative path within the volume: ".."',
        ),
    ],
)
async def test_image_mounts_that_cannot_be(request_: MountRequest, said: str):
    with pytest.raises(InvalidArgument, match=f'invalid mount config for type "image": {said}'):
        await resolve(mounts=(request_,))


@pytest.mark.parametrize("kind", ["npipe", "cluster"])
async def test_mounts_of_other_systems_are_not_supported(kind: str):
    with pytest.raises(Unsupported):
        await resolve(mounts=(MountRequest(type=kind, source="x", target="/x"),))


async def test_volumes_from_another_container_can_be_made_read_only():
    other = (
        MountRecord(type="bind", source="/srv", destination="/srv", mode="rw", propagation="rprivate"),
        MountRecord(type="volume", source="/volumes/v/_data", destination="/v", name="v", driver="local", anonymous=True),
        MountRecord(type="tmpfs", source="", destination="/t", shown=False),
    )
    records = await resolve(mounts_of={"box": other}.__getitem__, volumes_from=("box:ro",), binds=("/tmp:/srv",))
    assert [(r.source, r.destination, r.writable, r.mode) for r in records] == [
        ("/tmp", "/srv", True, ""),
        ("/volumes/v/_data", "/v", False, ""),
    ]
    assert records[1].anonymous


async def test_volumes_from_nobody_is_an_error():
    with pytest.raises(NoSuchContainer):
        await resolve(volumes_from=("nobody",))
    with pytest.raises(InvalidArgument, match="invalid mode: upside"):
        await resolve(volumes_from=("nobody:upside",))


@pytest.mark.parametrize(
    ("bind", "said"),
    [
        ("name:/x:shared", 'invalid mount config for type "volume": field BindOptions must not be specified'),
        ("name:/x:ro,rslave", 'invalid mount config for type "volume": field BindOptions must not be specified'),
        ("/host:/x:nocopy", 'invalid mount config for type "bind": field VolumeOptions must not be specified'),
        ("/host:/x:z,nocopy", 'invalid mount config for type "bind": field VolumeOptions must not be specified'),
    ],
)
async def test_modes_of_the_other_kind_of_mount_are_refused(bind: str, said: str):
    with pytest.raises(InvalidArgument, match=re.escape(f"invalid volume specification: '{bind}': {said}")):
        await resolve(binds=(bind,))
