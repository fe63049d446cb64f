"""`Config` of inspected containers and images."""

from msgspec import UNSET, UnsetType

from plugins.api_docker.models.containers import Config
from plugins.api_docker.models.images import ImageConfig
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.engine.config import ContainerConfig
from sdk.oci.image import ExecutionConfig
from sdk.oci.ports import named_ports, parse_ports

OWN_SHAPE = ApiVersion(1, 50)
"""From here on an image's configuration has no fields of containers."""

OMITS_EMPTY = ApiVersion(1, 52)
"""From here on much is left out when it is empty, and what a container's networks tell is told only there."""


def container_config(config: ContainerConfig, version: ApiVersion = MAXIMUM, mac_address: str = "") -> Config:
    """Return a container's configuration. `mac_address` is the one asked for on its main network; from API 1.52 on only networks tell it."""
    omits = version >= OMITS_EMPTY
    return Config(
        hostname=config.hostname,
        domainname=config.domainname,
        user=config.user,
        attach_stdin=config.attach_stdin,
        attach_stdout=config.attach_stdout,
        attach_stderr=config.attach_stderr,
        tty=config.tty,
        open_stdin=config.open_stdin,
        stdin_once=config.stdin_once,
        env=config.env,
        cmd=config.cmd,
        image=config.image,
        volumes={path: {} for path in config.volumes} or None,
        working_dir=config.working_dir,
        entrypoint=config.entrypoint,
        on_build=config.on_build or (UNSET if omits else None),
        labels=config.labels,
        exposed_ports=named_ports(config.exposed_ports) or UNSET,
        healthcheck=config.healthcheck or UNSET,
        args_escaped=config.args_escaped or UNSET,
        network_disabled=config.network_disabled or UNSET,
        mac_address=UNSET if omits else config.mac_address or mac_address or UNSET,
        stop_signal=config.stop_signal or UNSET,
        stop_timeout=UNSET if config.stop_timeout is None else config.stop_timeout,
        shell=config.shell or UNSET,
    )


def image_config(config: ExecutionConfig, version: ApiVersion = MAXIMUM) -> Config | ImageConfig:
    """Return an image's configuration: until API 1.49 in the shape of a container's; empty fields are left out from 1.52 on."""
    if version < OWN_SHAPE:
        return container_config(_as_container(config), version)
    empty = UNSET if version >= OMITS_EMPTY else None
    return ImageConfig(
        user=config.user or _text(version),
        env=config.env or empty,
        cmd=config.cmd or empty,
        volumes=config.volumes or empty,
        working_dir=config.working_dir or _text(version),
        entrypoint=config.entrypoint or empty,
        on_build=config.on_build or empty,
        labels=config.labels or empty,
        exposed_ports=config.exposed_ports or UNSET,
        healthcheck=config.healthcheck or UNSET,
        args_escaped=config.args_escaped or UNSET,
        stop_signal=config.stop_signal or UNSET,
        shell=config.shell or UNSET,
    )


def _text(version: ApiVersion) -> str | UnsetType:
    return UNSET if version >= OMITS_EMPTY else ""


def _as_container(config: ExecutionConfig) -> ContainerConfig:
    return ContainerConfig(
        user=config.user,
        exposed_ports=parse_ports(config.exposed_ports),
        env=config.env,
        entrypoint=config.entrypoint,
        cmd=config.cmd,
        volumes=tuple(config.volumes),
        working_dir=config.working_dir,
        labels=config.labels,
        stop_signal=config.stop_signal,
        healthcheck=config.healthcheck,
        on_build=config.on_build,
        shell=config.shell,
        args_escaped=config.args_escaped,
    )
