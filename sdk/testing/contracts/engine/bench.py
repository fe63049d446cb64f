"""What the cases of the engine's contract do again and again."""

import anyio
from msgspec.structs import replace

from sdk.drivers.logs import LogRequest, StdStream
from sdk.engine import Engine
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import CreateRequest, WaitCondition

DEADLINE = 30
"""Seconds that anything may take on a loaded machine."""


class Client:
    """The other end of an attached process: types what it was given, then closes its write side."""

    def __init__(self, *typed: bytes) -> None:
        self._typed = list(typed)
        self._closed = False
        self.output: list[tuple[StdStream, bytes]] = []

    async def receive(self) -> bytes:
        """Return what is typed next; b"" once at the end, and then nothing for ever."""
        if self._typed:
            return self._typed.pop(0)
        if not self._closed:
            self._closed = True
            return b""
        await anyio.sleep_forever()
        raise AssertionError

    async def send(self, stream: StdStream, data: bytes) -> None:
        """Keep output."""
        self.output.append((stream, data))

    @property
    def text(self) -> bytes:
        """All output of both streams."""
        return b"".join(data for _, data in self.output)


async def create(
    engine: Engine, *command: str, name: str = "", host: HostConfig | None = None, config: ContainerConfig | None = None
) -> str:
    """Make a container of busybox that runs a command; return its ID."""
    wanted = replace(config or ContainerConfig(), image="busybox", cmd=command)
    return (await engine.containers.create(CreateRequest(wanted, host or HostConfig(), name=name))).id


async def run(engine: Engine, *command: str) -> tuple[str, int]:
    """Run a container to its end; return its ID and exit code."""
    made = await create(engine, *command)
    waiter = await engine.containers.wait(made, WaitCondition.NEXT_EXIT)
    await engine.containers.start(made)
    with anyio.fail_after(DEADLINE):
        return made, (await waiter.result()).exit_code


async def printed(engine: Engine, ref: str, request: LogRequest | None = None) -> bytes:
    """Return what a container's log has."""
    session = await engine.streams.logs(ref, request or LogRequest())
    with anyio.fail_after(DEADLINE):
        return b"".join([record.line async for batch in session.batches for record in batch])
