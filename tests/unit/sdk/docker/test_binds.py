"""`-v` and `--volumes-from` as dockerd reads them: what each word means, and which do not go together."""

import pytest

from sdk.docker.binds import Bind, parse_bind, parse_volumes_from, shown_volumes_from
from sdk.engine.mounts import MountType, VolumesFrom
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("/data", Bind("", "/data")),
        ("v:/data", Bind("v", "/data")),
        ("/src:/data", Bind("/src", "/data")),
        ("/src:/data:ro", Bind("/src", "/data", "ro")),
        ("//src/../a/:/data/./x//", Bind("/a", "/data/x")),
        ("v:/data:nocopy,ro", Bind("v", "/data", "nocopy,ro")),
        ("/src:/data:rslave,z,cached,rw", Bind("/src", "/data", "rslave,z,cached,rw")),
        ("/src:/data:", Bind("/src", "/data")),
        ("/src:/ro", Bind("/src", "/ro")),
    ],
)
def test_a_bind_is_a_source_a_destination_and_a_mode(text: str, bind: Bind) -> None:
    assert parse_bind(text) == bind


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid volume specification: ''"),
        (":/data", "invalid volume specification: ':/data'"),
        ("/a:/b:ro:x", "invalid volume specification: '/a:/b:ro:x'"),
        ("/data:ro", "invalid volume specification: '/data:ro'"),
        ("/a:/b:x", "invalid mode: x"),
        ("/a:/b:ro,rw", "invalid mode: ro,rw"),
        ("/a:/b:ro,ro", "invalid mode: ro,ro"),
        ("/a:/b:ro,", "invalid mode: ro,"),
        ("/a:/b:shared,slave", "invalid mode: shared,slave"),
        (
            "/a:/b:nocopy",
            """invalid volume specification: '/a:/b:nocopy': invalid mount config for type "bind": field VolumeOptions must not be specified""",
        ),
        (
            "v:/b:shared",
            """invalid volume specification: 'v:/b:shared': invalid mount config for type "volume": field BindOptions must not be specified""",
        ),
        ("v:", """invalid volume specification: 'v:': invalid mount config for type "volume": field Target must not be empty"""),
        (
            "/a:/",
            """invalid volume specification: '/a:/': invalid mount config for type "bind": invalid specification: destination can't be '/'""",
        ),
        (
            "/a:/x/..",
            """invalid volume specification: '/a:/x/..': invalid mount config for type "bind": invalid specification: destination can't be '/'""",
        ),
        (
            "v:data",
            """invalid volume specification: 'v:data': invalid mount config for type "volume": invalid mount path: 'data' mount path must be"""
            " absolute",
        ),
    ],
)
def test_a_bind_that_dockerd_refuses(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_bind(text)
    assert caught.value.message == reason


def test_a_name_is_a_volumes_and_a_path_the_hosts() -> None:
    volume = parse_bind("v:/data:nocopy,ro").mount(volume_driver="nfs", recursive_readonly=True)
    assert (volume.type, volume.source, volume.driver, volume.copy_up, volume.read_only) == (
        MountType.VOLUME,
        "v",
        "nfs",
        False,
        True,
    )
    bind = parse_bind("/src:/data:rshared").mount(volume_driver="nfs", recursive_readonly=False)
    assert (bind.type, bind.source, bind.driver, bind.propagation) == (MountType.BIND, "/src", "", "rshared")
    assert (bind.read_only, bind.recursive_readonly, bind.create_source) == (False, False, True)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("web", VolumesFrom("web")),
        ("web:", VolumesFrom("web")),
        ("web:rw,z", VolumesFrom("web")),
        ("web:ro", VolumesFrom("web", read_only=True)),
    ],
)
def test_volumes_of_another_container(text: str, given: VolumesFrom) -> None:
    assert parse_volumes_from(text) == given
    assert parse_volumes_from(shown_volumes_from(given)) == given


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "volumes-from specification cannot be an empty string"),
        ("web:x", "invalid mode: x"),
        ("web:nocopy", "invalid mode: nocopy"),
        ("web:ro,shared", "invalid mode: ro,shared"),
        ("web:ro:z", "invalid mode: ro:z"),
    ],
)
def test_volumes_of_another_container_that_dockerd_refuses(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_volumes_from(text)
    assert caught.value.message == reason
