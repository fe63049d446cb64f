"""`docker exec`: further processes in a running container."""

import os
from dataclasses import dataclass, replace

import anyio

from core.containers.config_checks import refuse_nul
from core.containers.life.execs import Exec
from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.engine.containers.announce import announce
from core.engine.containers.exit_status import exit_status
from core.engine.containers.io.session import Input, relay
from core.engine.containers.preparation.identity import identity_of
from core.engine.containers.preparation.runtime_spec import exec_process
from core.engine.context import EngineContext
from core.streams.input import DetachScanner, parse_detach_keys
from core.streams.pump import PumpSet, StreamPump
from sdk.drivers.logs import StdStream
from sdk.drivers.runtime import ProcessIO, RunningProcess
from sdk.engine.containers import ContainerState, ExecInfo, ExecRequest, ProcessClient
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchExec, NotRunning, StartFailed

_PATIENCE = 2.0
_START_PATIENCE = 10.0


async def create(context: EngineContext, live: LiveContainer, request: ExecRequest, *, called: str) -> Exec:
    """Note an exec to come. Raises NotRunning, Conflict, which names the container as the client `called` it, and InvalidArgument."""
    _require_running(live, called)
    if not request.cmd:
        raise InvalidArgument("No exec command specified")
    parse_detach_keys(request.detach_keys, "escape")
    refuse_nul((request.cmd, request.env, request.user, request.working_dir))
    if request.user:
        await _check_user(context, live, request.user)
        _require_running(live, called)
    execution = Exec(os.urandom(32).hex(), request)
    live.execs.add(execution)
    announce(context, live, f"exec_create: {' '.join(request.cmd)}", execID=execution.id)
    return execution


async def _check_user(context: EngineContext, live: LiveContainer, user: str) -> None:
    """Look a user up before the start, so that an unknown one is a status and no text in a stream. Raises InvalidArgument."""
    try:
        await identity_of(context, live, user)
    except StartFailed as error:
        raise InvalidArgument(error.message) from error


def find(context: EngineContext, exec_id: str) -> tuple[LiveContainer, Exec]:
    """Return an exec and its container. Raises NoSuchExec."""
    for live in context.containers:
        execution = live.execs.get(exec_id)
        if execution is not None:
            return live, execution
    raise NoSuchExec(exec_id)


def accept(live: LiveContainer, execution: Exec) -> None:
    """Claim an exec for the one start it has. Raises Conflict, NotRunning."""
    _require_running(live)
    if execution.started:
        verb = "is already running" if execution.running else "has already run"
        raise Conflict(f"exec command {execution.id} {verb}")
    execution.started = True


async def begin(context: EngineContext, live: LiveContainer, exec_id: str, request: ExecRequest, io: ProcessIO) -> RunningProcess:
    """Start a further process in a container. Raises StartFailed, NotRunning also if the container ends meanwhile, OSError."""
    task = live.run.task
    if task is None:
        raise NotRunning(live.id)
    try:
        process = await exec_process(context, live, request, await identity_of(context, live, request.user or None))
        return await task.exec(exec_id, process, io, privileged=request.privileged)
    except (EngineError, OSError) as error:
        if live.run.task is not task:
            raise NotRunning(live.id) from error
        raise


async def run(context: EngineContext, live: LiveContainer, execution: Exec) -> None:
    """Start the process and its supervision. Raises StartFailed and records its exit code."""
    request = execution.request
    io = ProcessIO(terminal=request.tty, stdin=request.attach_stdin, rows=request.rows, columns=request.columns)
    try:
        execution.process = await begin(context, live, execution.id, request, io)
    except (EngineError, OSError) as error:
        live.execs.ended(execution, error.exit_code if isinstance(error, StartFailed) else 126)
        execution.hub.finish()
        raise
    finally:
        execution.ready.set()
    live.changed()
    announce(context, live, f"exec_start: {' '.join(request.cmd)}", execID=execution.id)
    pumps = _pumps(execution, execution.process)
    context.background.start(
        f"exec {execution.id}: settling its exit", _supervise, context, live, execution, execution.process, pumps
    )


def describe(live: LiveContainer, execution: Exec) -> ExecInfo:
    """Return what inspect tells about an exec."""
    pid = execution.process.pid if execution.process is not None else 0
    return ExecInfo(execution.id, live.id, execution.request, execution.running, execution.exit_code, pid)


@dataclass(frozen=True, slots=True)
class ExecSession:
    """An accepted, attached exec: the process starts when the session runs."""

    context: EngineContext
    live: LiveContainer
    execution: Exec

    @property
    def terminal(self) -> bool:
        return self.execution.request.tty

    async def run(self, client: ProcessClient) -> None:
        """Start the process and carry bytes; a failure to start is told in the stream and by `inspect`."""
        request = self.execution.request
        wanted = ((StdStream.STDOUT, request.attach_stdout), (StdStream.STDERR, request.attach_stderr))
        output = self.execution.hub.subscribe(*(stream for stream, attached in wanted if attached))
        try:
            await run(self.context, self.live, self.execution)
        except EngineError as error:
            await client.send(StdStream.STDOUT, f"{error.message}\r\n".encode())
            return
        if await relay(client, output, self._input()):
            announce(self.context, self.live, "exec_detach", execID=self.execution.id)

    def _input(self) -> Input | None:
        request = self.execution.request
        if not request.attach_stdin:
            return None
        keys = parse_detach_keys(request.detach_keys)
        return Input(self._process, DetachScanner(keys) if request.tty else None, close_on_end=not request.tty)

    async def _process(self) -> RunningProcess | None:
        return self.execution.process


def sized(execution: Exec, rows: int, columns: int) -> None:
    """Take the console size that came with the start."""
    if rows and columns:
        execution.request = replace(execution.request, rows=rows, columns=columns)


def _pumps(execution: Exec, process: RunningProcess) -> PumpSet:
    sources = ((process.stdout, StdStream.STDOUT), (process.stderr, StdStream.STDERR))
    pumps = PumpSet(tuple(StreamPump(fd, stream, execution.hub) for fd, stream in sources if fd is not None), execution.hub)
    pumps.start()
    return pumps


async def _supervise(context: EngineContext, live: LiveContainer, execution: Exec, process: RunningProcess, pumps: PumpSet) -> None:
    status = await exit_status(f"exec {execution.id}", process)
    live.execs.ended(execution, status.code)
    await pumps.drained(_PATIENCE)
    process.close()
    live.changed()
    announce(context, live, "exec_die", execID=execution.id, exitCode=str(status.code))


def _require_running(live: LiveContainer, called: str = "") -> None:
    if live.record.state is ContainerState.PAUSED:
        raise Conflict(f"Container {called or live.id} is paused, unpause the container before exec")
    if live.record.state is ContainerState.RESTARTING:
        raise Conflict(f"Container {live.id} is restarting, wait until the container is running")
    if not is_running(live.record):
        raise NotRunning(live.id)


async def resize(live: LiveContainer, execution: Exec, rows: int, columns: int) -> None:
    """Set the size of an exec's terminal, waiting for its start a moment.

    Raises NotRunning (its container), InvalidArgument (it could not be started), NoSuchExec (it ended), Conflict (it is not started, or
    has no terminal).
    """
    _require_running(live)
    with anyio.move_on_after(_START_PATIENCE):
        await execution.ready.wait()
    if not execution.ready.is_set():
        raise Conflict("timeout waiting for exec session ready")
    if execution.process is None:
        raise InvalidArgument("exec process is not started")
    if not execution.running:
        raise NoSuchExec(execution.id)
    await execution.process.resize(rows, columns)
