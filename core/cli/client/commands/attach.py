"""`core start`, `core attach` and `core exec`: joining containers that exist."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from core.cli.client.commands import run_options as words
from core.cli.client.connection.api import Api, Hijacked, connect, decoded
from core.cli.client.connection.attached import carry
from core.cli.client.connection.failure import exits, for_each
from core.cli.client.connection.terminal import raw, signals_to, sized
from core.cli.client.models import Container, Created, Exec, Waited

Many = list[str] | None


@exits()
def start(
    names: Annotated[list[str], typer.Argument(metavar="CONTAINER")],
    attach_to: Annotated[bool, typer.Option("--attach", "-a", help="Show its output and exit with its status.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Give it stdin.")] = False,
) -> None:
    """Start containers that are stopped."""
    api = connect()
    if attach_to or interactive:
        sys.exit(_start_attached(api, names[0], interactive=interactive))
    for_each(names, lambda name: _discard(api.post(f"/containers/{name}/start")))


@exits()
def attach(name: str, no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Only look.")] = False) -> None:
    """Join a running container; ctrl-p ctrl-q leaves it running."""
    api = connect()
    container = api.get(f"/containers/{name}/json", Container)
    if not container.state.running:
        print("core: cannot attach to a stopped container, start it first", file=sys.stderr)
        sys.exit(1)
    stdin = container.config.open_stdin and not no_stdin
    with api.stream("POST", f"/containers/{name}/wait") as waiting:
        detached = join(api, f"/containers/{name}", _attached(api, name, stdin=stdin), terminal=container.config.tty, stdin=stdin)
        sys.exit(0 if detached else decoded(waiting.read(), Waited, f"/containers/{name}/wait").status_code)


@exits()
def execute(
    name: str,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND")],
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Keep stdin open.")] = False,
    tty: Annotated[bool, typer.Option("--tty", "-t", help="Give it a terminal.")] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background.")] = False,
    env: Annotated[Many, typer.Option("--env", "-e", help="KEY=VALUE")] = None,
    user: Annotated[str, typer.Option("--user", "-u", help="USER or USER:GROUP, names or numbers")] = "",
    workdir: Annotated[str, typer.Option("--workdir", "-w", help="Directory to begin in.")] = "",
    privileged: Annotated[bool, typer.Option("--privileged", help="All capabilities.")] = False,
) -> None:
    """Run a further command in a running container."""
    api = connect()
    request = {
        "Cmd": command,
        "AttachStdin": interactive,
        "AttachStdout": not detach,
        "AttachStderr": not detach,
        "Tty": tty,
        "Env": words.environment(env, ()),
        "User": user,
        "WorkingDir": workdir,
        "Privileged": privileged,
    }
    made = api.answer("POST", f"/containers/{name}/exec", Created, body=request)
    if detach:
        api.post(f"/exec/{made.id}/start", body={"Detach": True, "Tty": tty})
        return
    connection = api.hijack(f"/exec/{made.id}/start", body={"Detach": False, "Tty": tty})
    join(api, f"/exec/{made.id}", connection, terminal=tty, stdin=interactive)
    sys.exit(api.get(f"/exec/{made.id}/json", Exec).exit_code or 0)


def join(api: Api, path: str, connection: Hijacked, *, terminal: bool, stdin: bool) -> bool:
    """Carry bytes between this terminal and a process until it ends; return whether the person detached.

    With a terminal keys go to the process as they are and its size follows ours; without, signals are sent on to a container.
    """
    nothing: AbstractContextManager[None] = nullcontext()
    signals = signals_to(api, path) if not terminal and path.startswith("/containers/") else nothing
    with signals, raw() if terminal and stdin else nothing, sized(api, path) if terminal else nothing:
        return carry(connection, terminal=terminal, stdin=stdin)


def _start_attached(api: Api, name: str, *, interactive: bool) -> int:
    container = api.get(f"/containers/{name}/json", Container)
    stdin = interactive and container.config.open_stdin
    connection = _attached(api, name, stdin=stdin)
    with api.stream("POST", f"/containers/{name}/wait", {"condition": "next-exit"}) as waiting:
        api.post(f"/containers/{name}/start")
        detached = join(api, f"/containers/{name}", connection, terminal=container.config.tty, stdin=stdin)
        return 0 if detached else decoded(waiting.read(), Waited, f"/containers/{name}/wait").status_code


def _attached(api: Api, name: str, *, stdin: bool) -> Hijacked:
    return api.hijack(f"/containers/{name}/attach", {"stream": "1", "stdout": "1", "stderr": "1", "stdin": str(int(stdin))})


def _discard(_reply: bytes) -> None:
    """Leave a reply unread."""
