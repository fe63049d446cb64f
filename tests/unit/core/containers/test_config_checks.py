"""What is refused of a container's portable configuration."""

import pytest
from msgspec.structs import replace

from core.containers.config_checks import check_text, checked_config
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.mounts import Mount, MountType
from sdk.errors import InvalidArgument
from sdk.oci.image import HealthcheckConfig


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (ContainerConfig(working_dir="a"), "the working directory 'a' is invalid, it needs to be an absolute path"),
        (ContainerConfig(stop_signal="NOSUCH"), "invalid signal: NOSUCH"),
        (ContainerConfig(stop_signal="0"), "invalid signal: 0"),
        (ContainerConfig(stop_signal="TERM "), "invalid signal: TERM "),
        (ContainerConfig(env=("A=1", "")), "invalid environment variable: "),
        (ContainerConfig(env=("=",)), "invalid environment variable: ="),
        (ContainerConfig(env=("=foo",)), "invalid environment variable: =foo"),
        (ContainerConfig(hostname="h" * 65), f'hostname "{"h" * 65}" is too long (maximum 64 bytes)'),
        (ContainerConfig(hostname="ä" * 33), f'hostname "{"ä" * 33}" is too long (maximum 64 bytes)'),
    ],
)
def test_refusals(config: ContainerConfig, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_config(config)
    assert refused.value.message == sentence


@pytest.mark.parametrize("field", ["interval", "timeout", "start_period", "start_interval"])
@pytest.mark.parametrize(("duration", "passes"), [(0, True), (1_000_000, True), (999_999, False), (1, False), (-1, False)])
def test_durations_of_a_health_check(field: str, duration: int, passes: bool) -> None:
    config = ContainerConfig(healthcheck=replace(HealthcheckConfig(), **{field: duration}))
    if passes:
        checked_config(config)
        return
    with pytest.raises(InvalidArgument) as refused:
        checked_config(config)
    assert refused.value.message == f"{field.title().replace('_', '')} in Healthcheck cannot be less than 1ms"


def test_retries_of_a_health_check() -> None:
    with pytest.raises(InvalidArgument, match=r"^Retries in Healthcheck cannot be negative$"):
        checked_config(ContainerConfig(healthcheck=HealthcheckConfig(retries=-10)))


@pytest.mark.parametrize(
    ("given", "kept"), [("", ""), ("/", "/"), ("/tmp/", "/tmp"), ("/a/../b/./c//d", "/b/c/d"), ("//x", "/x"), ("/../..", "/")]
)
def test_the_working_directory_is_cleaned(given: str, kept: str) -> None:
    assert checked_config(ContainerConfig(working_dir=given)).working_dir == kept


@pytest.mark.parametrize(
    ("config", "host"),
    [
        (ContainerConfig(cmd=("echo", "a\0b")), HostConfig()),
        (ContainerConfig(entrypoint=("\0",)), HostConfig()),
        (ContainerConfig(env=("A=\0",)), HostConfig()),
        (ContainerConfig(user="a\0"), HostConfig()),
        (ContainerConfig(working_dir="/\0"), HostConfig()),
        (ContainerConfig(hostname="h\0"), HostConfig()),
        (ContainerConfig(volumes=("/v\0",)), HostConfig()),
        (ContainerConfig(), HostConfig(mounts=(Mount(type=MountType.BIND, source="/a\0", destination="/b"),))),
        (ContainerConfig(), HostConfig(mounts=(Mount(type=MountType.TMPFS, destination="/t", options=("size=\0",)),))),
        (ContainerConfig(), HostConfig(sysctls={"net.a\0": "1"})),
        (ContainerConfig(), HostConfig(cgroup_parent="\0")),
    ],
)
def test_a_nul_byte_is_refused(config: ContainerConfig, host: HostConfig) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid argument: .*\\x00.* contains a NUL byte$"):
        check_text(config, host)


def test_what_only_looks_like_a_nul_byte_passes() -> None:
    check_text(
        ContainerConfig(cmd=("printf", "\\u0000"), labels={"any": "\0"}),
        HostConfig(mounts=(Mount(type=MountType.BIND, source="/\\u0000", destination="/b"),)),
    )
