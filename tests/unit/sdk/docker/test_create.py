"""A container's body as the engine's values; what is kept as it was sent; and which fault is told of when."""

import pytest

from sdk.docker import bodies
from sdk.docker.create import FoundLate, as_sent, host_config, opaque
from sdk.engine.config import Opaque
from sdk.engine.mounts import MountType
from sdk.errors import InvalidArgument


def test_mounts_of_every_spelling_stand_together() -> None:
    body = bodies.HostConfig(
        binds=("/a:/x:ro", "v:/y"),
        mounts=(bodies.MountRequest(type="tmpfs", target="/z"),),
        tmpfs={"/t": "size=1m"},
        volume_driver="nfs",
    )
    found = [(mount.type, mount.destination, mount.shown) for mount in host_config(body).mounts]
    assert found == [
        (MountType.BIND, "/x", True),
        (MountType.VOLUME, "/y", True),
        (MountType.TMPFS, "/z", True),
        (MountType.TMPFS, "/t", False),
    ]


@pytest.mark.parametrize("recursive", [True, False])
def test_a_read_only_bind_is_so_with_all_below_it_where_clients_are_used_to_that(recursive: bool) -> None:
    (mount,) = host_config(bodies.HostConfig(binds=("/a:/x:ro",)), recursive_readonly=recursive).mounts
    assert mount.recursive_readonly is recursive


@pytest.mark.parametrize(
    ("body", "is_late"),
    [
        (bodies.HostConfig(isolation="process"), False),
        (bodies.HostConfig(mounts=(bodies.MountRequest(type="bind", source="a", target="/x"),)), False),
        (bodies.HostConfig(binds=("/a:/b:c:d",)), True),
        (bodies.HostConfig(tmpfs={"/t": "nonsense"}), True),
        (bodies.HostConfig(volumes_from=("",)), True),
        (bodies.HostConfig(network_mode="container:"), False),
    ],
)
def test_some_faults_are_found_only_once_the_image_is_there(body: bodies.HostConfig, is_late: bool) -> None:
    with pytest.raises(InvalidArgument) as caught:
        host_config(body)
    assert isinstance(caught.value, FoundLate) is is_late


@pytest.mark.parametrize("isolation", ["", "default"])
def test_isolation_is_the_default_one(isolation: str) -> None:
    host_config(bodies.HostConfig(isolation=isolation))


def test_what_a_client_sent_is_kept_and_another_frontends_is_not_read() -> None:
    body = bodies.HostConfig(
        binds=("//a/../b:/x:ro,z", "v:/y", "/anonymous"),
        container_id_file="/id",
        mounts=(bodies.MountRequest(type="volume", target="/m/"),),
    )
    kept = as_sent(opaque(body))
    assert kept is not None
    assert (kept.binds, kept.container_id_file) == (body.binds, "/id")
    assert kept.modes == {"/x": "ro,z", "/y": "", "/m": ""}
    assert as_sent(None) is None
    assert as_sent(Opaque("cri", b"{}")) is None
