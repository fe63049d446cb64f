"""Receive a directory from a client (moby.filesync.v1.FileSync/DiffCopy): the client lists, we ask for what we lack."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

import anyio
import anyio.to_thread
from grpclib.client import Stream
from grpclib.exceptions import GRPCError, StreamTerminatedError

from plugins.api_buildkit.connections import CallingConnection
from plugins.api_buildkit.filesync.tree import Tree
from plugins.api_buildkit.proto.filesync_grpc import FileSyncStub
from plugins.api_buildkit.proto.fsutil_pb2 import Packet
from sdk.errors import DataLoss, EngineError

_INBOX_BYTES = 16 * 1024 * 1024
_ASCII = re.compile(r"[ !-~]+")
_Packets = Stream[Packet, Packet]
_threads = anyio.CapacityLimiter(8)


Pair = tuple[str, str | bytes]
"""One item of call metadata."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a client's directory is wanted, by patterns of .dockerignore and paths whose links are followed."""

    directory: str
    excludes: Sequence[str] = ()
    paths: Sequence[str] = ()

    def metadata(self) -> list[Pair]:
        """Return the selection as call metadata; what is not ASCII is escaped."""
        keys = {"dir-name": (self.directory,), "exclude-patterns": self.excludes, "followpaths": self.paths}
        return [pair for key, values in keys.items() for pair in _encoded(key, values)]


def _encoded(key: str, values: Sequence[str]) -> list[Pair]:
    plain = all(_ASCII.fullmatch(value) for value in values)
    pairs: list[Pair] = [(key, value if plain else quote_plus(value)) for value in values]
    return pairs if plain else [*pairs, (f"{key}-encoded", "1")]


async def receive(
    connection: CallingConnection, selection: Selection, tree: Tree, progress: Callable[[int], None] = lambda _bytes: None
) -> None:
    """Bring a tree to what the client has. `progress` is told the bytes received so far.

    Raises DataLoss when the client cannot read its files or goes away, NotFound if it has no such directory.
    """
    try:
        async with FileSyncStub(connection).DiffCopy.open(metadata=selection.metadata()) as stream:
            await stream.send_request()
            await _transfer(stream, tree, progress)
    except (GRPCError, StreamTerminatedError) as error:
        raise DataLoss(f"failed to receive {selection.directory}: {_words(error)}") from error
    finally:
        tree.close()


async def _transfer(stream: _Packets, tree: Tree, progress: Callable[[int], None]) -> None:
    """Read ahead while a thread works through what came before."""
    inbox = _Inbox()
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inbox.fill, stream)
        try:
            await _work(stream, inbox, tree, progress)
        except (EngineError, OSError, GRPCError, StreamTerminatedError) as error:
            failure = error  # raised in here it would come out as a group
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _work(stream: _Packets, inbox: "_Inbox", tree: Tree, progress: Callable[[int], None]) -> None:
    while not tree.complete:
        packets = await inbox.empty()
        wanted = await anyio.to_thread.run_sync(tree.take, packets, limiter=_threads)
        for number in wanted:
            await stream.send_message(Packet(type=Packet.PACKET_REQ, id=number))
        progress(tree.received)
    await anyio.to_thread.run_sync(tree.finish, limiter=_threads)
    # Half-closed with the last packet: Go's server resets a stream that is still open when its handler has ended.
    await stream.send_message(Packet(type=Packet.PACKET_FIN), end=True)
    await inbox.ended.wait()


class _Inbox:
    """Packets that came and were not looked at yet; bounded."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self._failure: Exception | None = None
        self._packets: list[Packet] = []
        self._bytes = 0
        self._news, self._room = anyio.Event(), anyio.Event()

    async def fill(self, stream: _Packets) -> None:
        """Read until the client says that it is done, or nothing can be read."""
        try:
            async for packet in stream:
                if packet.type == Packet.PACKET_FIN:
                    break
                await self._add(packet)
        except (GRPCError, StreamTerminatedError) as error:
            self._failure = error
        self.ended.set()
        self._news.set()

    async def empty(self) -> list[Packet]:
        """Wait for packets and take them all. Raises what reading raised."""
        await self._news.wait()
        packets, self._packets, self._bytes = self._packets, [], 0
        if not packets:
            raise self._failure or DataLoss("the client stopped in the middle of a directory")
        if not self.ended.is_set():
            self._news = anyio.Event()
        self._room.set()
        self._room = anyio.Event()
        return packets

    async def _add(self, packet: Packet) -> None:
        self._packets.append(packet)
        self._bytes += len(packet.data)
        self._news.set()
        while self._bytes > _INBOX_BYTES:
            await self._room.wait()


def _words(error: Exception) -> str:
    return (error.message or "") if isinstance(error, GRPCError) else str(error)
