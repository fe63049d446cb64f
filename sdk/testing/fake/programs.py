"""The few programs a fake container can run."""

from collections.abc import Sequence

from sdk.drivers.logs import StdStream
from sdk.engine.containers import ProcessClient
from sdk.errors import StartFailed

_KNOWN = frozenset({"cat", "sh", "echo", "fail", "false", "sleep", "true"})


class Silence:
    """A client that types nothing and keeps what it is sent."""

    def __init__(self) -> None:
        self.output: list[tuple[StdStream, bytes]] = []

    async def receive(self) -> bytes:
        """Return end of input."""
        return b""

    async def send(self, stream: StdStream, data: bytes) -> None:
        """Keep output."""
        self.output.append((stream, data))


def check_program(command: Sequence[str]) -> None:
    """Raise StartFailed as a kernel does for a program that is not there."""
    if command[0] not in _KNOWN:
        raise StartFailed(f'exec: "{command[0]}": executable file not found in $PATH', 127)


async def run_program(command: Sequence[str], client: ProcessClient) -> int:
    """Run a program to its end and return its exit code."""
    match command[0]:
        case "echo":
            await client.send(StdStream.STDOUT, " ".join(command[1:]).encode() + b"\n")
        case "fail":
            await client.send(StdStream.STDERR, b"failing\n")
            return int(command[1])
        case "false":
            return 1
        case "cat" | "sh":
            while data := await client.receive():
                await client.send(StdStream.STDOUT, data)
    return 0
