"""Execs on the wire."""

from msgspec import Struct, field


class ExecConfig(Struct, rename="pascal"):
    """Body of an exec's creation."""

    cmd: tuple[str, ...] = ()
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    detach_keys: str = ""
    tty: bool = False
    env: tuple[str, ...] = ()
    privileged: bool = False
    user: str = ""
    working_dir: str = ""
    console_size: tuple[int, int] = (0, 0)


class ExecStart(Struct, rename="pascal"):
    """Body of an exec's start."""

    detach: bool = False
    tty: bool = False
    console_size: tuple[int, int] = (0, 0)


class ExecCreated(Struct, rename="pascal"):
    id: str


class ProcessConfig(Struct, rename="lower"):
    tty: bool
    entrypoint: str
    arguments: tuple[str, ...]
    privileged: bool
    user: str


class ExecInspect(Struct, rename="pascal"):
    id: str = field(name="ID")
    running: bool
    exit_code: int | None
    process_config: ProcessConfig
    open_stdin: bool
    open_stderr: bool
    open_stdout: bool
    can_remove: bool
    container_id: str = field(name="ContainerID")
    detach_keys: str
    pid: int
