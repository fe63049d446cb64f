"""`Config` of inspected containers and images."""

from msgspec import UNSET

from plugins.api_docker.models.containers import Config
from sdk.engine.config import ContainerConfig
from sdk.oci.image import ExecutionConfig


def container_config(config: ContainerConfig) -> Config:
    """Return a container's configuration."""
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
        volumes=config.volumes or None,
        working_dir=config.working_dir,
        entrypoint=config.entrypoint,
        on_build=config.on_build or None,
        labels=config.labels,
        exposed_ports=config.exposed_ports or UNSET,
        healthcheck=config.healthcheck or UNSET,
        args_escaped=config.args_escaped or UNSET,
        network_disabled=config.network_disabled or UNSET,
        mac_address=config.mac_address or UNSET,
        stop_signal=config.stop_signal or UNSET,
        stop_timeout=UNSET if config.stop_timeout is None else config.stop_timeout,
        shell=config.shell or UNSET,
    )


def image_config(config: ExecutionConfig) -> Config:
    """Return an image's configuration, in the shape of a container's."""
    return container_config(
        ContainerConfig(
            user=config.user,
            exposed_ports=config.exposed_ports,
            env=config.env,
            entrypoint=config.entrypoint,
            cmd=config.cmd,
            volumes=config.volumes,
            working_dir=config.working_dir,
            labels=config.labels,
            stop_signal=config.stop_signal,
            healthcheck=config.healthcheck,
            on_build=config.on_build,
            shell=config.shell,
            args_escaped=config.args_escaped,
        )
    )
