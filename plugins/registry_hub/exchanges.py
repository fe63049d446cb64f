"""A request and the head of its reply, over a connection of the pool, within the time that the settings allow."""

import ssl

import anyio
import httpx

from plugins.registry_hub.connections import Connections
from plugins.registry_hub.refusals import is_malformed, unreachable
from plugins.registry_hub.replies import Reply, read_reply
from plugins.registry_hub.settings import HubSettings
from sdk.errors import Unavailable
from sdk.text import cleaned

_HEAD_AWAITED = "receive_response_headers.started"


class Exchanges:
    """Sends requests. The clock runs from when a request has been sent, so an upload over a slow line is not cut off."""

    def __init__(self, settings: HubSettings) -> None:
        self.connections = Connections(settings)
        self._seconds = settings.reply_timeout

    async def send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send and return the reply, its body unread. Raises httpx.TransportError; Unavailable, which another attempt does not help,
        for a head that does not come to its end or is none."""
        with anyio.CancelScope() as scope:

            async def follow(event: str, _info: object) -> None:
                if event.endswith(_HEAD_AWAITED):
                    scope.deadline = anyio.current_time() + self._seconds

            request.extensions["trace"] = follow
            try:
                return await client.send(request, stream=True)
            except ssl.SSLError as error:
                # what TLS 1.3 says of a client's certificate comes after the handshake, where httpx does not expect it
                raise httpx.ConnectError(str(error), request=request) from error
            except httpx.RemoteProtocolError as error:
                if is_malformed(error):
                    raise unreachable(str(request.url), error) from error
                raise
        raise _gave_up(request)

    async def read(self, response: httpx.Response) -> Reply:
        """Read the body of a reply. Raises Unavailable."""
        return await read_reply(response, self._seconds)


def _gave_up(request: httpx.Request) -> Unavailable:
    return Unavailable(
        f'{request.method.capitalize()} "{cleaned(str(request.url))}": net/http: request canceled (Client.Timeout exceeded while awaiting headers)'
    )
