"""Log drivers: keep what containers print, and give it back.

The engine's pump reads a container's pipes and calls `write` with whole lines. It survives being killed between reading and
writing by remembering `position` before each write and calling `rewind` when it replays: a driver's file position must therefore
be exact, and `write` must have reached the kernel when it returns.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from msgspec import Struct

from sdk.drivers.deadlines import deadline


class StdStream(IntEnum):
    """Numbers as in Docker's multiplexed stream header."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2


class LogRecord(Struct, frozen=True, gc=False):
    """One line with its newline, or a piece of one without (`partial`). `time_ns` is wall-clock nanoseconds.

    A Struct because readers make hundreds of thousands of them a second.
    """

    stream: StdStream
    time_ns: int
    line: bytes
    attributes: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which records to read. `tail` None is all; `until_ns` 0 is no end. `follow` goes on until the log is closed."""

    stdout: bool = True
    stderr: bool = True
    since_ns: int = 0
    until_ns: int = 0
    tail: int | None = None
    follow: bool = False


@dataclass(frozen=True, slots=True)
class LogContext:
    """The container a log belongs to. `directory` is the container's own on disk; `options` are --log-opt.

    `command` is the program with its arguments, `created_ns` wall-clock nanoseconds.
    """

    container_id: str
    container_name: str
    image: str
    directory: Path
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    image_id: str = ""
    command: tuple[str, ...] = ()
    created_ns: int = 0


class ContainerLog(ABC):
    """One container's log; one object serves its writer and all its readers."""

    @property
    @abstractmethod
    def path(self) -> Path | None:
        """The file that clients are told (`LogPath`), if there is one."""

    @abstractmethod
    def write(self, stream: StdStream, data: bytes, time_ns: int) -> None:
        """Append lines. `data` ends in a newline, except for a piece of an overlong line (16 KiB) and the last words of a stream."""

    @abstractmethod
    def position(self) -> str:
        """Return an opaque token (at most 64 ASCII bytes) for the log's present end."""

    @abstractmethod
    def rewind(self, position: str) -> None:
        """Drop everything written after the token was taken, also by an earlier process; idempotent."""

    @abstractmethod
    def read(self, request: LogRequest) -> AsyncIterator[Sequence[LogRecord]]:
        """Yield batches of records, oldest first. Raises Unsupported if the driver cannot read."""

    @abstractmethod
    def close(self) -> None:
        """End all followers after what is written was delivered; the object may be used again afterwards."""

    @abstractmethod
    def remove(self) -> None:
        """Delete the log's files; idempotent."""


class RemoteLog(ContainerLog):
    """Optional ability: a log that is sent elsewhere."""

    @abstractmethod
    @deadline(30)
    async def reach(self) -> None:
        """Connect to the receiver. The engine awaits it before each start of the container, and starts none if it raises Unavailable.

        A receiver that goes away later is no error: `write` does not wait for it.
        """


class LogDriver(ABC):
    """Opens logs."""

    @abstractmethod
    def check(self, options: Mapping[str, str]) -> None:
        """Raise InvalidArgument (`unknown log opt 'x' for json-file log driver`) for options it does not take."""

    @abstractmethod
    def open(self, context: LogContext) -> ContainerLog:
        """Return the container's log, making it if it is new. Does no blocking work beyond opening files."""
