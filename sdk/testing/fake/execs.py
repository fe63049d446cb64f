"""Execs in containers that run nothing."""

from dataclasses import replace
from secrets import token_hex

from sdk.drivers.logs import StdStream
from sdk.engine.containers import ContainerState, ExecInfo, ExecRequest, ProcessClient, Session
from sdk.errors import Conflict, InvalidArgument, NoSuchExec, NotRunning, StartFailed
from sdk.testing.fake.containers import FakeContainers
from sdk.testing.fake.programs import Silence, check_program, run_program


class FakeExecs:
    """See `sdk.engine.containers.Execs`."""

    def __init__(self, containers: FakeContainers) -> None:
        self._containers = containers
        self._infos: dict[str, ExecInfo] = {}

    async def create(self, ref: str, request: ExecRequest) -> str:
        """Keep an exec."""
        container = self._containers.box(ref).info
        if container.state is ContainerState.PAUSED:
            raise Conflict(f"container {container.id} is paused, unpause the container before exec")
        if container.state is not ContainerState.RUNNING:
            raise NotRunning(container.id)
        if not request.cmd:
            raise InvalidArgument("No exec command specified")
        info = ExecInfo(token_hex(32), container.id, request, running=False, exit_code=None, pid=0)
        self._infos[info.id] = info
        return info.id

    async def start(self, exec_id: str, *, detach: bool = False, rows: int = 0, columns: int = 0) -> Session | None:
        """Accept an exec, or run it at once."""
        del rows, columns
        info = await self.inspect(exec_id)
        if info.exit_code is not None:
            raise Conflict(f"Exec command {exec_id} has already run")
        session = _Exec(self, info)
        if not detach:
            return session
        await session.run(Silence())
        return None

    async def inspect(self, exec_id: str) -> ExecInfo:
        """Return an exec."""
        try:
            return self._infos[exec_id]
        except KeyError:
            raise NoSuchExec(exec_id) from None

    async def resize(self, exec_id: str, rows: int, columns: int) -> None:
        """Accept a size."""
        del rows, columns
        await self.inspect(exec_id)

    def finish(self, info: ExecInfo, code: int) -> None:
        """Note an exit code."""
        self._infos[info.id] = replace(info, exit_code=code)


class _Exec:
    def __init__(self, execs: FakeExecs, info: ExecInfo) -> None:
        self._execs = execs
        self._info = info

    @property
    def terminal(self) -> bool:
        return self._info.request.tty

    async def run(self, client: ProcessClient) -> None:
        command = self._info.request.cmd
        try:
            check_program(command)
            code = await run_program(command, client)
        except StartFailed as error:
            code = error.exit_code
            await client.send(StdStream.STDOUT, f"OCI runtime exec failed: {error.message}\r\n".encode())
        self._execs.finish(self._info, code)
