"""A session's connection inside a call: for clients that cannot upgrade a connection of its own."""

import asyncio

from grpclib.server import Stream

from plugins.api_buildkit.connections import CallingConnection
from plugins.api_buildkit.proto.control_pb2 import BytesMessage


class Tunnel(asyncio.Transport):
    """A transport whose bytes travel as messages of a call."""

    def __init__(self, stream: Stream[BytesMessage, BytesMessage]) -> None:
        super().__init__()
        self._stream = stream
        self._output: asyncio.Queue[bytes] = asyncio.Queue()
        self._closing = False

    async def run(self, connection: CallingConnection) -> None:
        """Carry a connection until the client ends the call."""
        protocol = connection.protocol
        sending = asyncio.ensure_future(self._send())
        protocol.connection_made(self)
        try:
            async for message in self._stream:
                protocol.data_received(message.data)
        finally:
            self._closing = True
            sending.cancel()
            protocol.connection_lost(None)
            connection.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes in their turn."""
        self._output.put_nowait(bytes(data))

    def is_closing(self) -> bool:
        """Whether the call has ended."""
        return self._closing

    def close(self) -> None:
        """Nothing more is carried; the call ends when the client ends it."""
        self._closing = True

    async def _send(self) -> None:
        while True:
            await self._stream.send_message(BytesMessage(data=await self._output.get()))
