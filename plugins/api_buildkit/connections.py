"""HTTP/2 on connections that began as HTTP/1.1 upgrades, in both directions."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Protocol, cast

import anyio
from grpclib.client import Channel
from grpclib.client import Handler as ClientHandler
from grpclib.config import Configuration
from grpclib.const import Handler as Method
from grpclib.encoding.proto import ProtoCodec
from grpclib.events import _DispatchServerEvents
from grpclib.protocol import H2Protocol
from grpclib.server import Handler
from h2.config import H2Configuration

from plugins.api_buildkit.errors import DetailsCodec
from sdk.frontend import HTTP2_PATH, Scope

_log = logging.getLogger(__name__)

_UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
_WINDOW = 8 * 1024 * 1024
_CONFIGURATION = Configuration(http2_connection_window_size=_WINDOW, http2_stream_window_size=_WINDOW)
_H2_SERVER = H2Configuration(
    client_side=False,
    header_encoding="ascii",
    validate_inbound_headers=False,  # Go's client sends an empty :authority over a unix socket
    validate_outbound_headers=False,
    normalize_inbound_headers=False,
    normalize_outbound_headers=False,
)


class Service(Protocol):
    """A generated service with its methods filled in."""

    def __mapping__(self) -> Mapping[str, Method]: ...


class _GuardedProtocol(H2Protocol):
    """HTTP/2 that ends with what the libraries cannot take."""

    def data_received(self, data: bytes) -> None:
        """Take frames. Whatever the libraries make of bytes that are none, the connection ends and the daemon goes on."""
        try:
            super().data_received(data)
        except Exception:  # noqa: BLE001 h2 and grpclib raise much beyond ProtocolError: RecursionError, KeyError, AssertionError
            _log.debug("a client broke HTTP/2", exc_info=True)
            self.processor.close("Protocol error")


class ServingConnection(_GuardedProtocol):
    """A connection on which the client calls us."""

    def __init__(self, services: Collection[Service]) -> None:
        methods = {path: method for service in services for path, method in service.__mapping__().items()}
        self._calls = Handler(methods, ProtoCodec(), DetailsCodec(), _DispatchServerEvents())
        super().__init__(self._calls, _CONFIGURATION.__for_server__(), _H2_SERVER)
        self._lost = asyncio.Event()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Cancel the calls that run."""
        super().connection_lost(exc)
        self._lost.set()

    async def run(self) -> None:
        """Wait until the connection is lost and its calls have ended; when cancelled, end both."""
        try:
            await self._lost.wait()
        finally:
            with anyio.CancelScope(shield=True):
                self.processor.close("the daemon is stopping")
                await self._calls.wait_closed()


class CallingConnection(Channel):
    """A connection on which we call the client."""

    def __init__(self) -> None:
        super().__init__(codec=ProtoCodec(), status_details_codec=DetailsCodec(), config=_CONFIGURATION)
        self.protocol = _CalledProtocol(ClientHandler(), self._config, self._h2_config)
        self._protocol = self.protocol

    async def run(self) -> None:
        """Wait until the connection is lost; when cancelled, close it."""
        try:
            await self.protocol.lost.wait()
        finally:
            self.close()

    async def _create_connection(self) -> H2Protocol:
        """There is nowhere to connect to: the client came to us."""
        raise ConnectionResetError("the client's session has ended")


class _CalledProtocol(_GuardedProtocol):
    """Notes the loss of the connection."""

    def __init__(self, handler: ClientHandler, config: Configuration, h2_config: H2Configuration) -> None:
        super().__init__(handler, config, h2_config)
        self.lost = asyncio.Event()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


def take_over(scope: Scope, protocol: asyncio.Protocol) -> None:
    """Hand the connection to a protocol; one that did not begin with HTTP/2 was asked to go on with it, which is answered first."""
    extensions = cast(Mapping[str, Callable[[bytes, asyncio.Protocol], None]], scope["extensions"])
    extensions["takeover"](b"" if scope["path"] == HTTP2_PATH else _UPGRADED, protocol)
