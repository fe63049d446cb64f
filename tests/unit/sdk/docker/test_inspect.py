"""A host configuration as clients read it back: as they sent it, or as they would have said it."""

from sdk.docker import bodies
from sdk.docker.create import AsSent, host_config
from sdk.docker.inspect import host_config as shown
from sdk.engine.config import HostConfig, Link
from sdk.engine.mounts import Mount, MountType, VolumesFrom


def test_what_a_client_sent_is_shown_letter_by_letter() -> None:
    body = bodies.HostConfig(
        binds=("//a:/x",), security_opt=("no-new-privileges=true",), extra_hosts=("a:1.2.3.4",), memory=1 << 26
    )
    sent = AsSent(binds=body.binds, security_opt=body.security_opt, extra_hosts=body.extra_hosts)
    found = shown(host_config(body), sent)
    assert (found.binds, found.security_opt, found.extra_hosts, found.memory) == (
        ("//a:/x",),
        ("no-new-privileges=true",),
        ("a:1.2.3.4",),
        1 << 26,
    )


def test_what_another_frontend_asked_for_is_said_in_dockers_words() -> None:
    host = HostConfig(
        mounts=(
            Mount(type=MountType.VOLUME, destination="/v", source="v", read_only=True),
            Mount(type=MountType.TMPFS, destination="/t", options=("size=1m", "ro"), shown=False),
        ),
        volumes_from=(VolumesFrom("web", read_only=True),),
    )
    found = shown(host)
    assert [(mount.type, mount.source, mount.target, mount.read_only) for mount in found.mounts] == [("volume", "v", "/v", True)]
    assert found.tmpfs == {"/t": "size=1m,ro"}
    assert found.volumes_from == ("web:ro",)
    assert found.binds == ()


def test_links_name_the_container_that_has_them() -> None:
    assert shown(HostConfig(), name="/web").links is None
    assert shown(HostConfig(links=(Link("db", "database"),)), name="web").links == ("/db:/web/database",)
