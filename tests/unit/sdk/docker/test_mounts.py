"""`-v`, `--mount`, `--tmpfs` and `--volumes-from` in Docker's syntax."""

import re

import pytest

from sdk.docker import bodies, create, inspect
from sdk.docker.bodies import BindOptions, ImageOptions, MountRequest, TmpfsOptions, VolumeDriverConfig, VolumeOptions
from sdk.docker.create import FoundLate
from sdk.engine.config import HostConfig
from sdk.engine.mounts import Mount, MountType, VolumesFrom
from sdk.errors import InvalidArgument, Unsupported


def understood(*, recursive_readonly: bool = True, **host) -> HostConfig:
    return create.host_config(bodies.HostConfig(**host), recursive_readonly=recursive_readonly)


def test_a_bind():
    (bind,) = understood(binds=("/srv/../etc/:/conf/:ro,rslave",)).mounts
    assert bind == Mount(
        type=MountType.BIND, source="/etc", destination="/conf", read_only=True, propagation="rslave", create_source=True
    )


def test_a_relative_source_names_a_volume_and_none_asks_for_one():
    named, anonymous = understood(binds=("data:/var:nocopy", "/only"), volume_driver="other").mounts
    assert named == Mount(type=MountType.VOLUME, source="data", destination="/var", copy_up=False, driver="other")
    assert anonymous == Mount(type=MountType.VOLUME, destination="/only", driver="other")


def test_tmpfs_overrides_defaults_and_is_not_shown():
    mounts = understood(tmpfs={"/run": "rw,exec,size=64m", "/t": "ro"}).mounts
    assert [mount.options for mount in mounts] == [
        ("nosuid", "nodev", "rw", "exec", "size=64m"),
        ("noexec", "nosuid", "nodev", "ro"),
    ]
    assert [(mount.read_only, mount.shown) for mount in mounts] == [(False, False), (True, False)]


def test_mount_requests_of_every_type():
    bind, volume, tmpfs, image = understood(
        mounts=(
            MountRequest(
                type="bind", source="/srv", target="/b", bind_options=BindOptions(propagation="rslave", non_recursive=True)
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
            MountRequest(type="image", source="busybox", target="/i", image_options=ImageOptions(subpath="in/side")),
        )
    ).mounts
    assert bind == Mount(
        type=MountType.BIND, source="/srv", destination="/b", propagation="rslave", recursive=False, recursive_readonly=False
    )
    assert volume == Mount(
        type=MountType.VOLUME,
        source="data",
        destination="/v",
        copy_up=False,
        labels={"a": "b"},
        driver="local",
        driver_options={"o": "x"},
        subpath="in/side",
    )
    assert tmpfs.options == ("noexec", "nosuid", "nodev", "size=4096", "mode=1777")
    assert image == Mount(type=MountType.IMAGE, source="busybox", destination="/i", subpath="in/side", read_only=True)


def test_a_client_may_not_know_that_read_only_is_recursive():
    host = {"binds": ("/srv:/a:ro",), "mounts": (MountRequest(type="bind", source="/srv", target="/b", read_only=True),)}
    assert [mount.recursive_readonly for mount in understood(recursive_readonly=False, **host).mounts] == [False, False]
    assert [mount.recursive_readonly for mount in understood(**host).mounts] == [True, True]


def test_volumes_from():
    assert understood(volumes_from=("box:ro", "other", "third:rw,z")).volumes_from == (
        VolumesFrom("box", read_only=True),
        VolumesFrom("other"),
        VolumesFrom("third"),
    )
    with pytest.raises(FoundLate, match="invalid mode: upside"):
        understood(volumes_from=("nobody:upside",))


def test_what_was_sent_is_read_back():
    body = bodies.HostConfig(
        binds=("/srv/../etc/:/conf/:ro", "data:/d", "/only"),
        mounts=(MountRequest(type="volume", source="v", target="/v/"),),
        tmpfs={"/run": "exec"},
        volumes_from=("box:ro",),
    )
    kept = create.opaque(body)
    shown = inspect.host_config(create.host_config(body), create.as_sent(kept))
    assert (shown.binds, shown.mounts, shown.tmpfs, shown.volumes_from) == (body.binds, body.mounts, body.tmpfs, body.volumes_from)
    sent = create.as_sent(kept)
    assert sent is not None
    assert sent.modes == {"/conf": "ro", "/d": "", "/v": ""}


def test_what_another_frontend_asked_for_is_shown_as_a_client_would_have_said_it():
    host = HostConfig(
        mounts=(
            Mount(type=MountType.BIND, source="/srv", destination="/b", read_only=True, create_source=True),
            Mount(type=MountType.VOLUME, source="data", destination="/v", copy_up=False),
            Mount(type=MountType.TMPFS, destination="/run", options=("noexec", "size=64m"), shown=False),
        ),
        volumes_from=(VolumesFrom("box", read_only=True),),
    )
    shown = inspect.host_config(host)
    assert shown.tmpfs == {"/run": "noexec,size=64m"}
    assert shown.volumes_from == ("box:ro",)
    again = create.host_config(bodies.HostConfig(mounts=shown.mounts))
    assert again.mounts == host.mounts[:2]


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
def test_bad_binds_get_dockers_sentences(text: str, sentence: str):
    with pytest.raises(InvalidArgument) as raised:
        understood(binds=(text,))
    assert raised.value.message == sentence


def test_unknown_tmpfs_words_are_refused():
    with pytest.raises(InvalidArgument, match=r'invalid tmpfs option \["shared=yes"\]'):
        understood(tmpfs={"/run": "shared=yes"})


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
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
def test_bad_mount_requests_get_dockers_sentences(request_: MountRequest, reason: str):
    with pytest.raises(InvalidArgument) as raised:
        understood(mounts=(request_,))
    assert raised.value.message == f'invalid mount config for type "{request_.type}": {reason}'


@pytest.mark.parametrize("subpath", ["../up", "/abs", "a/../../b"])
def test_a_subpath_stays_inside(subpath: str):
    with pytest.raises(InvalidArgument, match="subpath must be a relative path within the volume"):
        understood(mounts=(MountRequest(type="volume", source="v", target="/x", volume_options=VolumeOptions(subpath=subpath)),))


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
def test_image_mounts_that_cannot_be(request_: MountRequest, said: str):
    with pytest.raises(InvalidArgument, match=f'invalid mount config for type "image": {said}'):
        understood(mounts=(request_,))


@pytest.mark.parametrize("kind", ["npipe", "cluster"])
def test_mounts_of_other_systems_are_not_supported(kind: str):
    with pytest.raises(Unsupported):
        understood(mounts=(MountRequest(type=kind, source="x", target="/x"),))


@pytest.mark.parametrize(
    ("bind", "said"),
    [
        ("name:/x:shared", 'invalid mount config for type "volume": field BindOptions must not be specified'),
        ("name:/x:ro,rslave", 'invalid mount config for type "volume": field BindOptions must not be specified'),
        ("/host:/x:nocopy", 'invalid mount config for type "bind": field VolumeOptions must not be specified'),
        ("/host:/x:z,nocopy", 'invalid mount config for type "bind": field VolumeOptions must not be specified'),
    ],
)
def test_modes_of_the_other_kind_of_mount_are_refused(bind: str, said: str):
    with pytest.raises(InvalidArgument, match=re.escape(f"invalid volume specification: '{bind}': {said}")):
        understood(binds=(bind,))
