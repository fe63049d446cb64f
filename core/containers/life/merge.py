"""A container's configuration laid over its image's, by Docker's rules."""

from typing import TypeVar

from msgspec.structs import replace

from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument
from sdk.oci.image import ExecutionConfig, HealthcheckConfig
from sdk.oci.ports import parse_ports

T = TypeVar("T", ContainerConfig, ExecutionConfig)


def merge(config: ContainerConfig, image: ExecutionConfig) -> ContainerConfig:
    """Return the container's configuration completed by the image's. Raises InvalidArgument if there is no command.

    The image's command counts only if the container names neither entrypoint nor command.
    """
    merged = completed(config, image)
    if image.exposed_ports or image.volumes:
        exposed = dict.fromkeys((*parse_ports(image.exposed_ports), *config.exposed_ports))
        merged = replace(merged, exposed_ports=tuple(exposed), volumes=tuple(dict.fromkeys((*image.volumes, *config.volumes))))
    if not command_line(merged):
        raise InvalidArgument("no command specified")
    return merged


def completed_image(config: ExecutionConfig, base: ExecutionConfig) -> ExecutionConfig:
    """Return an image's configuration with what it leaves open as another one says: that of a commit by its container's."""
    return replace(
        completed(config, base),
        exposed_ports={**base.exposed_ports, **config.exposed_ports},
        volumes={**base.volumes, **config.volumes},
    )


def completed(config: T, base: ExecutionConfig) -> T:
    """Return a configuration with what it leaves open, but for ports and volumes, as another one says."""
    cmd, entrypoint = config.cmd, config.entrypoint
    if not entrypoint:
        cmd = cmd or base.cmd
        if entrypoint is None:
            entrypoint = base.entrypoint
    return replace(
        config,
        cmd=cmd,
        entrypoint=entrypoint,
        user=config.user or base.user,
        working_dir=config.working_dir or base.working_dir,
        env=completed_env(config.env, base.env),
        labels={**base.labels, **config.labels},
        stop_signal=config.stop_signal or base.stop_signal,
        shell=config.shell or base.shell,
        healthcheck=merge_healthcheck(config.healthcheck, base.healthcheck),
    )


def command_line(config: ContainerConfig) -> tuple[str, ...]:
    """Return the argument vector; an entrypoint of one empty string counts as none."""
    entrypoint = config.entrypoint or ()
    return (() if entrypoint == ("",) else entrypoint) + (config.cmd or ())


def completed_env(own: tuple[str, ...], image: tuple[str, ...]) -> tuple[str, ...]:
    """Return a container's own variables followed by those of the image that they do not name. A bare name stays, to remove the variable
    whenever a process is started."""
    names = {variable.partition("=")[0] for variable in own}
    return own + tuple(variable for variable in image if variable.partition("=")[0] not in names)


def merge_env(defaults: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """Return variables of which others take the place, or come after them; a bare name removes the variable. Each name is there once."""
    merged = {variable.partition("=")[0]: variable for variable in defaults}
    for variable in own:
        name, equals, _ = variable.partition("=")
        if equals:
            merged[name] = variable
        else:
            merged.pop(name, None)
    return tuple(merged.values())


def with_home(env: tuple[str, ...], home: str) -> tuple[str, ...]:
    """Return variables with a HOME that is not empty: where it is missing or empty, that of the user."""
    if any(variable.startswith("HOME=") and variable != "HOME=" for variable in env):
        return env
    return (*(variable for variable in env if variable != "HOME="), f"HOME={home}")


def merge_healthcheck(own: HealthcheckConfig | None, image: HealthcheckConfig | None) -> HealthcheckConfig | None:
    """Return the check to run: each field of the container's own, where it is set, over the image's."""
    if own is None or image is None:
        return own or image
    if own.test == ("NONE",):
        return own
    return HealthcheckConfig(
        test=own.test or image.test,
        interval=own.interval or image.interval,
        timeout=own.timeout or image.timeout,
        start_period=own.start_period or image.start_period,
        start_interval=own.start_interval or image.start_interval,
        retries=own.retries or image.retries,
    )
