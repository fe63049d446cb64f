"""The flags of `create` and `run`, declared once: a table of fields that becomes the command's options."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, get_type_hints

from typer import Argument, Option

Many = list[str] | None


@dataclass(frozen=True)
class RunFlags:
    """What a person said, as said."""

    image: Annotated[str, Argument(help="NAME, NAME:TAG or NAME@DIGEST")]
    command: Annotated[Many, Argument(metavar="COMMAND")] = None
    interactive: Annotated[bool, Option("--interactive", "-i", help="Keep stdin open.")] = False
    tty: Annotated[bool, Option("--tty", "-t", help="Give it a terminal.")] = False
    detach: Annotated[bool, Option("--detach", "-d", help="Run in the background and print the ID.")] = False
    remove: Annotated[bool, Option("--rm", help="Remove it when it ends.")] = False
    name: Annotated[str, Option("--name", help="Its name.")] = ""
    cidfile: Annotated[str, Option("--cidfile", help="File to write its ID to.")] = ""
    env: Annotated[Many, Option("--env", "-e", help="KEY=VALUE, or KEY to take it from here.")] = None
    env_file: Annotated[Many, Option("--env-file", help="File of KEY=VALUE lines.")] = None
    publish: Annotated[
        Many, Option("--publish", "-p", help="CONTAINER, HOST:CONTAINER or ADDRESS:HOST:CONTAINER; /udp behind it")
    ] = None
    publish_all: Annotated[bool, Option("--publish-all", "-P", help="Publish every exposed port.")] = False
    expose: Annotated[Many, Option("--expose", help="PORT or PORT/udp")] = None
    volume: Annotated[Many, Option("--volume", "-v", help="SOURCE:TARGET, SOURCE:TARGET:ro or TARGET")] = None
    mounts: Annotated[Many, Option("--mount", help="type=...,source=...,target=...")] = None
    tmpfs: Annotated[Many, Option("--tmpfs", help="TARGET or TARGET:OPTIONS")] = None
    volumes_from: Annotated[Many, Option("--volumes-from", help="CONTAINER or CONTAINER:ro")] = None
    workdir: Annotated[str, Option("--workdir", "-w", help="Directory to begin in.")] = ""
    user: Annotated[str, Option("--user", "-u", help="USER or USER:GROUP, names or numbers")] = ""
    hostname: Annotated[str, Option("--hostname", "-h", help="Its host name.")] = ""
    label: Annotated[Many, Option("--label", "-l", help="KEY=VALUE")] = None
    label_file: Annotated[Many, Option("--label-file", help="File of KEY=VALUE lines.")] = None
    entrypoint: Annotated[str | None, Option("--entrypoint", help="Program instead of the image's.")] = None
    network: Annotated[str, Option("--network", "--net", help="bridge, host, none, container:NAME or a network.")] = ""
    network_alias: Annotated[Many, Option("--network-alias", help="Further name on the network.")] = None
    ip: Annotated[str, Option("--ip", help="IPv4 address on the network.")] = ""
    dns: Annotated[Many, Option("--dns", help="DNS server.")] = None
    add_host: Annotated[Many, Option("--add-host", help="HOST:ADDRESS")] = None
    init: Annotated[bool, Option("--init", help="Run an init that reaps processes.")] = False
    read_only: Annotated[bool, Option("--read-only", help="Read-only root.")] = False
    privileged: Annotated[bool, Option("--privileged", help="All capabilities and devices.")] = False
    cap_add: Annotated[Many, Option("--cap-add", help="Capability to add.")] = None
    cap_drop: Annotated[Many, Option("--cap-drop", help="Capability to drop.")] = None
    security_opt: Annotated[Many, Option("--security-opt", help="seccomp=FILE|unconfined, no-new-privileges, ...")] = None
    device: Annotated[Many, Option("--device", help="HOST, HOST:CONTAINER, HOST:CONTAINER:rwm or VENDOR/CLASS=NAME")] = None
    gpus: Annotated[Many, Option("--gpus", help="all, a number, or device=ID, such as '\"device=0,1\"'.")] = None
    memory: Annotated[str, Option("--memory", "-m", help="Memory limit, such as 512m.")] = ""
    cpus: Annotated[float, Option("--cpus", help="Number of CPUs, such as 1.5.")] = 0.0
    cpuset_cpus: Annotated[str, Option("--cpuset-cpus", help="CPUs it may use, such as 0-2.")] = ""
    pids_limit: Annotated[int | None, Option("--pids-limit", help="Most processes.")] = None
    shm_size: Annotated[str, Option("--shm-size", help="Size of /dev/shm.")] = ""
    ulimit: Annotated[Many, Option("--ulimit", help="NAME=SOFT or NAME=SOFT:HARD")] = None
    sysctl: Annotated[Many, Option("--sysctl", help="NAME=VALUE")] = None
    pid: Annotated[str, Option("--pid", help="host or container:NAME")] = ""
    ipc: Annotated[str, Option("--ipc", help="host, private, shareable or container:NAME")] = ""
    restart: Annotated[str, Option("--restart", help="no, always, unless-stopped or on-failure:COUNT")] = "no"
    stop_signal: Annotated[str, Option("--stop-signal", help="Signal that stops it.")] = ""
    stop_timeout: Annotated[int | None, Option("--stop-timeout", help="Seconds before it is killed.")] = None
    log_driver: Annotated[str, Option("--log-driver", help="Log driver.")] = ""
    log_opt: Annotated[Many, Option("--log-opt", help="KEY=VALUE of the log driver.")] = None
    runtime: Annotated[str, Option("--runtime", help="Runtime.")] = ""
    platform: Annotated[str, Option("--platform", help="Such as linux/arm64.")] = ""
    pull: Annotated[str, Option("--pull", help="always, missing or never.")] = "missing"


def taking_flags(command: Callable[[RunFlags], None], *without: str) -> Callable[..., None]:
    """Return a command whose options are the fields of RunFlags, but for those it does `without`."""
    hints = get_type_hints(RunFlags, include_extras=True)
    taken = [field for field in fields(RunFlags) if field.name not in without]

    def accept(**values: object) -> None:
        command(RunFlags(**values))  # type: ignore[arg-type]

    parameters = []
    for field in taken:
        default = inspect.Parameter.empty if field.name == "image" else field.default
        parameters.append(
            inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
        )
    accept.__doc__ = command.__doc__
    accept.__annotations__ = {field.name: hints[field.name] for field in taken}
    vars(accept)["__signature__"] = inspect.Signature(parameters)
    return accept
