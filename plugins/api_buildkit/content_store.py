"""A content store that a client opens to its build: a directory of blobs, over containerd's protocol."""

import secrets
from collections.abc import AsyncIterator

from grpclib.client import Stream
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from plugins.api_buildkit.connections import CallingConnection
from plugins.api_buildkit.proto import content_pb2 as wire
from plugins.api_buildkit.proto.content_grpc import ContentStub
from sdk.errors import DataLoss

_PIECE = 512 * 1024
_Writing = Stream[wire.WriteContentRequest, wire.WriteContentResponse]


class ContentStore:
    """The store that a client keeps in a directory of its own machine. Everything raises DataLoss when the client does not deliver."""

    def __init__(self, connection: CallingConnection, directory: str) -> None:
        self._stub = ContentStub(connection)
        self._metadata = {"buildkit-attachable-store-id": f"local:{directory}"}
        self._directory = directory

    async def size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes, None if it is not there."""
        try:
            return (await self._stub.Info(wire.InfoRequest(digest=digest), metadata=self._metadata)).info.size
        except GRPCError as error:
            if error.status is Status.NOT_FOUND:
                return None
            raise self._failed(error) from error
        except (StreamTerminatedError, ConnectionError) as error:
            raise self._failed(error) from error

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """Yield a blob."""
        try:
            async with self._stub.Read.open(metadata=self._metadata) as stream:
                await stream.send_message(wire.ReadContentRequest(digest=digest), end=True)
                async for message in stream:
                    yield message.data
        except (GRPCError, StreamTerminatedError, ConnectionError) as error:
            raise self._failed(error) from error

    async def write(self, digest: str, size: int, content: AsyncIterator[bytes]) -> None:
        """Write a blob that is not there yet; idempotent."""
        try:
            async with self._stub.Write.open(metadata=self._metadata) as stream:
                await self._write(stream, digest, size, content)
        except GRPCError as error:
            if error.status is not Status.ALREADY_EXISTS:
                raise self._failed(error) from error
        except (StreamTerminatedError, ConnectionError) as error:
            raise self._failed(error) from error

    async def _write(self, stream: _Writing, digest: str, size: int, content: AsyncIterator[bytes]) -> None:
        name, offset = f"cache-{secrets.token_hex(8)}", 0
        await _step(stream, wire.WriteContentRequest(action=wire.STAT, ref=name, total=size, expected=digest))
        async for data in content:
            for start in range(0, len(data), _PIECE):
                piece = data[start : start + _PIECE]
                await _step(stream, wire.WriteContentRequest(action=wire.WRITE, offset=offset, data=piece))
                offset += len(piece)
        commit = wire.WriteContentRequest(action=wire.COMMIT, offset=offset, total=size, expected=digest)
        await _step(stream, commit, end=True)  # a store ends the call at a commit, and resets a stream that is still open

    def _failed(self, error: BaseException) -> DataLoss:
        return DataLoss(f"cache in {self._directory}: {getattr(error, 'message', None) or error or 'the client has left'}")


async def _step(stream: _Writing, message: wire.WriteContentRequest, *, end: bool = False) -> None:
    """Send one message and take its answer: the store answers each."""
    await stream.send_message(message, end=end)
    if await stream.recv_message() is None:
        await stream.recv_trailing_metadata()
