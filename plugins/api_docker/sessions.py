"""Attached processes: a session of the engine on one side, a raw connection on the other."""

from collections.abc import Awaitable, Callable

from plugins.api_docker.convert.logs import frame
from sdk.drivers.logs import StdStream
from sdk.engine.containers import Session
from sdk.frontend import HijackedStream


class Attachment:
    """A client at the end of a raw connection (`sdk.engine.containers.ProcessClient`)."""

    def __init__(self, stream: HijackedStream, *, terminal: bool) -> None:
        self._stream = stream
        self._terminal = terminal

    async def receive(self) -> bytes:
        """Return what the client typed; b"" when it closed its side."""
        return await self._stream.read()

    async def send(self, stream: StdStream, data: bytes) -> None:
        """Deliver output: raw from a terminal, otherwise framed."""
        await self._stream.write(data if self._terminal else frame(stream, data))


def serve_session(session: Session, *, terminal: bool) -> Callable[[HijackedStream], Awaitable[None]]:
    """Return what runs the session on a connection. `terminal` says whether the client expects raw bytes."""

    async def serve(stream: HijackedStream) -> None:
        await session.run(Attachment(stream, terminal=terminal))

    return serve
