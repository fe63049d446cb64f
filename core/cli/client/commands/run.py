"""`core create` and `core run`."""

import sys
from pathlib import Path

import msgspec

from core.cli.client.commands import run_options as words
from core.cli.client.commands.attach import join
from core.cli.client.commands.pull import pull_image
from core.cli.client.commands.run_devices import device_requests
from core.cli.client.commands.run_flags import RunFlags
from core.cli.client.connection.api import Api, ApiError, connect, decoded
from core.cli.client.connection.failure import exits, start_status
from core.cli.client.models import Created, Waited
from core.containers.cdi.names import is_qualified
from sdk.docker.bodies import ContainerConfig, EndpointConfig, EndpointIPAM, HostConfig
from sdk.engine.config import LogConfig

_NOT_FOUND = 404
_DAEMON_FAILED = 125
_NO_NETWORK_OF_ITS_OWN = ("", "default", "bridge", "host", "none")


@exits(_DAEMON_FAILED)
def create(flags: RunFlags) -> None:
    """Make a container without running it."""
    print(_create(connect(), flags))


@exits(_DAEMON_FAILED)
def run(flags: RunFlags) -> None:
    """Run a command in a new container."""
    api = connect()
    container = _create(api, flags)
    if flags.detach:
        _start(api, container)
        print(container)
        return
    sys.exit(_run_attached(api, container, flags))


def _create(api: Api, flags: RunFlags) -> str:
    """Make the container, pulling the image if it is missing; return its ID."""
    if flags.cidfile and Path(flags.cidfile).exists():
        raise ApiError(0, f"container ID file found, make sure the other container isn't running or delete {flags.cidfile}")
    if flags.pull == "always":
        pull_image(api, flags.image, sys.stderr, platform=flags.platform)
    try:
        made = _post_create(api, flags)
    except ApiError as error:
        if error.status != _NOT_FOUND or flags.pull == "never" or "No such image" not in error.message:
            raise
        print(f"Unable to find image '{flags.image}' locally", file=sys.stderr)
        pull_image(api, flags.image, sys.stderr, platform=flags.platform)
        made = _post_create(api, flags)
    for warning in made.warnings or ():
        print(f"WARNING: {warning}", file=sys.stderr)
    if flags.cidfile:
        _note(flags.cidfile, made.id)
    return made.id


def _note(path: str, container: str) -> None:
    """Write a container's ID to a file. Raises ApiError."""
    try:
        Path(path).write_text(container)
    except OSError as error:
        raise ApiError(0, f"failed to create the container ID file: open {path}: {error.strerror}") from error


def _post_create(api: Api, flags: RunFlags) -> Created:
    config = msgspec.to_builtins(_config(flags))
    body = {**config, "HostConfig": _host_config(flags), "NetworkingConfig": {"EndpointsConfig": _endpoints(flags)}}
    query = {**({"name": flags.name} if flags.name else {}), **({"platform": flags.platform} if flags.platform else {})}
    return api.answer("POST", "/containers/create", Created, query, body)


def _config(flags: RunFlags) -> ContainerConfig:
    attached = not flags.detach
    bindings = words.port_bindings(flags.publish)
    return ContainerConfig(
        image=flags.image,
        cmd=tuple(flags.command) if flags.command else None,
        entrypoint=None if flags.entrypoint is None else (flags.entrypoint,),
        hostname=flags.hostname,
        user=flags.user,
        attach_stdin=flags.interactive and attached,
        attach_stdout=attached,
        attach_stderr=attached,
        tty=flags.tty,
        open_stdin=flags.interactive,
        stdin_once=flags.interactive and attached,
        env=words.environment(flags.env, flags.env_file),
        exposed_ports=words.exposed_ports(flags.expose, bindings),
        volumes={text: {} for text in flags.volume or () if ":" not in text},
        working_dir=flags.workdir,
        labels=words.labels(flags.label, flags.label_file),
        stop_signal=flags.stop_signal,
        stop_timeout=flags.stop_timeout,
    )


def _host_config(flags: RunFlags) -> HostConfig:
    return HostConfig(
        binds=tuple(words.bind(text) for text in flags.volume or () if ":" in text),
        mounts=tuple(map(words.mount, flags.mounts or ())),
        tmpfs=words.tmpfs(flags.tmpfs),
        volumes_from=tuple(flags.volumes_from or ()),
        log_config=LogConfig(flags.log_driver, words.pairs(flags.log_opt)),
        network_mode=flags.network or "default",
        port_bindings=words.port_bindings(flags.publish),
        publish_all_ports=flags.publish_all,
        restart_policy=words.restart_policy(flags.restart),
        auto_remove=flags.remove,
        cap_add=tuple(flags.cap_add or ()),
        cap_drop=tuple(flags.cap_drop or ()),
        dns=tuple(flags.dns or ()),
        extra_hosts=tuple(flags.add_host or ()),
        ipc_mode=flags.ipc,
        pid_mode=flags.pid,
        privileged=flags.privileged,
        readonly_rootfs=flags.read_only,
        security_opt=words.security_options(flags.security_opt),
        shm_size=words.byte_count(flags.shm_size),
        sysctls=words.pairs(flags.sysctl),
        memory=words.byte_count(flags.memory),
        nano_cpus=words.nano_cpus(flags.cpus),
        cpuset_cpus=flags.cpuset_cpus,
        devices=tuple(words.device(text) for text in flags.device or () if not is_qualified(text)),
        device_requests=tuple(device_requests(flags.device, flags.gpus)),
        pids_limit=flags.pids_limit,
        ulimits=tuple(map(words.ulimit, flags.ulimit or ())),
        init=flags.init or None,
        runtime=flags.runtime,
    )


def _endpoints(flags: RunFlags) -> dict[str, EndpointConfig]:
    if flags.network in _NO_NETWORK_OF_ITS_OWN or flags.network.startswith("container:"):
        return {}
    ipam = EndpointIPAM(ipv4_address=flags.ip) if flags.ip else None
    return {flags.network: EndpointConfig(ipam_config=ipam, aliases=tuple(flags.network_alias or ()))}


def _start(api: Api, container: str) -> None:
    """Start it; if that fails, exit with the status Docker's client gives to the failure."""
    try:
        api.post(f"/containers/{container}/start")
    except ApiError as error:
        print(f"core: {error}", file=sys.stderr)
        sys.exit(start_status(error))


def _run_attached(api: Api, container: str, flags: RunFlags) -> int:
    """Start with everything attached before; return the exit status of the process, 0 if the person detached."""
    path = f"/containers/{container}"
    attached = {"stream": "1", "stdout": "1", "stderr": "1", "stdin": str(int(flags.interactive))}
    connection = api.hijack(f"{path}/attach", attached)
    condition = {"condition": "removed" if flags.remove else "next-exit"}
    # The reply's head says that the wait is registered: an exit right after the start is not missed.
    with api.stream("POST", f"{path}/wait", condition) as waiting:
        _start(api, container)
        detached = join(api, path, connection, terminal=flags.tty, stdin=flags.interactive)
        return 0 if detached else decoded(waiting.read(), Waited, f"{path}/wait").status_code
