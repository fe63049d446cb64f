"""`docker attach`."""

from dataclasses import dataclass

from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.engine.containers.announce import announce
from core.engine.containers.io.output import open_log
from core.engine.containers.io.session import Input, relay
from core.engine.context import EngineContext
from core.streams.input import DetachScanner, parse_detach_keys
from sdk.drivers.logs import LogRequest, StdStream
from sdk.drivers.runtime import RunningProcess
from sdk.engine.containers import AttachRequest, ContainerState, ProcessClient
from sdk.errors import Conflict, NotRunning

PATIENCE = 30.0
"""Seconds for which a client may hold up a container that ran before it came."""


@dataclass(frozen=True, slots=True)
class AttachSession:
    """An accepted attach; output is queued from the moment it runs. `patience` is how long the container may be held up by a client that
    takes nothing, None for ever."""

    context: EngineContext
    live: LiveContainer
    request: AttachRequest
    keys: bytes
    patience: float | None

    @property
    def terminal(self) -> bool:
        return self.live.record.config.tty

    async def run(self, client: ProcessClient) -> None:
        """Replay logs if asked for, then carry bytes both ways until the container ends or the client leaves."""
        request = self.request
        streams = [stream for stream, wanted in ((StdStream.STDOUT, request.stdout), (StdStream.STDERR, request.stderr)) if wanted]
        output = self.live.hub.subscribe(*streams) if request.stream else None
        announce(self.context, self.live, "attach")
        if request.logs:
            await self._replay(client)
        if output is not None and await relay(client, output, self._input(), self.patience):
            announce(self.context, self.live, "detach")

    def _input(self) -> Input | None:
        config = self.live.record.config
        if not (self.request.stdin and config.open_stdin):
            return None
        scanner = DetachScanner(self.keys) if config.tty or self.request.detach_keys else None
        return Input(self._process, scanner, close_on_end=config.stdin_once and not config.tty)

    async def _process(self) -> RunningProcess | None:
        await self.live.run.started.wait()
        return self.live.run.task

    async def _replay(self, client: ProcessClient) -> None:
        log = open_log(self.context, self.live)
        if log is None:
            return
        async for batch in log.read(LogRequest(stdout=self.request.stdout, stderr=self.request.stderr)):
            for record in batch:
                await client.send(record.stream, record.line)


async def attach(context: EngineContext, live: LiveContainer, request: AttachRequest) -> AttachSession:
    """Accept an attach to a container in any state but paused and restarting. Raises Conflict, InvalidArgument.

    A client that attaches before the start runs the container for its output (`docker run ... | less`), and may take it when it will. A
    client that looks at a container that runs already must not stop it for good.
    """
    if live.record.state is ContainerState.PAUSED:
        raise Conflict(f"container {live.id} is paused, unpause the container before attach")
    if live.record.state is ContainerState.RESTARTING:
        raise Conflict(f"container {live.id} is restarting, wait until the container is running")
    patience = PATIENCE if is_running(live.record) else None
    return AttachSession(context, live, request, parse_detach_keys(request.detach_keys), patience)


async def resize(context: EngineContext, live: LiveContainer, rows: int, columns: int) -> None:
    """Set the size of a running container's terminal. Raises NotRunning, Conflict (no terminal)."""
    if live.run.task is None:
        raise NotRunning(live.id)
    await live.run.task.resize(rows, columns)
    announce(context, live, "resize", height=str(rows), width=str(columns))
