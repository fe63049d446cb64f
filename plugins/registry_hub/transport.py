"""One request to one endpoint: scheme, authorization, redirects, and retries of what may pass."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import httpx

from plugins.registry_hub.challenges import parse_challenges
from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.exchanges import Exchanges
from plugins.registry_hub.refusals import unreachable
from plugins.registry_hub.replies import Reply
from plugins.registry_hub.retries import TRANSIENT, Retries
from plugins.registry_hub.settings import HubSettings
from plugins.registry_hub.tokens import Authorizer
from plugins.registry_hub.urls import followed
from sdk.drivers.registry import Credentials
from sdk.errors import EngineError, Unavailable
from sdk.text import cleaned

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `path` is under the endpoint's base, or a whole URL; `scope` are the token scopes it needs, with spaces between.
    What fails is tried again as often as `retries` says, or the settings where it is None."""

    method: str
    path: str
    scope: str = ""
    credentials: Credentials = Credentials()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | AsyncIterator[bytes] | None = None
    retries: int | None = None

    @property
    def api(self) -> str:
        """The root of what it asks, as Docker names it where nothing answers."""
        return "/v2/" if self.path.startswith("/v2/") else httpx.URL(self.path).path

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent twice."""
        return not isinstance(self.content, AsyncIterator)


class Transport:
    """Sends requests. Remembers which scheme each endpoint answered under."""

    def __init__(self, settings: HubSettings) -> None:
        self._exchanges = Exchanges(settings)
        self.connections = self._exchanges.connections
        self.retries = Retries(settings)
        self.authorizer = Authorizer(self._exchanges, self.retries)
        self._bases: dict[str, str] = {}

    @asynccontextmanager
    async def open(self, endpoint: Endpoint, request: Request) -> AsyncIterator[httpx.Response]:
        """Send a request and yield the reply, its body unread, whatever its status. Raises Unavailable, Unauthorized."""
        response = await self._retried(endpoint, request)
        try:
            yield response
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()

    async def ask(self, endpoint: Endpoint, request: Request) -> Reply:
        """Send a request and return the reply with its body, whatever its status. Raises Unavailable, Unauthorized."""
        async with self.open(endpoint, request) as response:
            return await self._exchanges.read(response)

    async def read(self, response: httpx.Response) -> Reply:
        """Read the body of an opened reply. Raises Unavailable."""
        return await self._exchanges.read(response)

    async def base(self, endpoint: Endpoint) -> str:
        """Return the URL the endpoint answers under: for an insecure one https if it can, else http. Raises Unavailable."""
        if endpoint.host not in self._bases:
            self._bases[endpoint.host] = endpoint.bases[0] if len(endpoint.bases) == 1 else await self._probe(endpoint)
        return self._bases[endpoint.host]

    async def _probe(self, endpoint: Endpoint) -> str:
        failure: EngineError | None = None
        for base in endpoint.bases:
            url = httpx.URL(f"{base}/v2/")
            client = self.connections.client(url, verify=endpoint.verify)
            try:
                response = await self._exchanges.send(client, client.build_request("GET", url))
            except httpx.TransportError as error:
                failure = unreachable(f"{base}/v2/", error)
            else:
                await response.aclose()
                return base
        raise failure or Unavailable(f"no way to reach {endpoint.host}")

    async def _retried(self, endpoint: Endpoint, request: Request) -> httpx.Response:
        retries = self._retries_of(request)
        for attempt in range(retries + 1):
            last = attempt == retries
            try:
                response = await self._authorized(endpoint, request)
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    raise unreachable(f"{await self.base(endpoint)}{request.api}", error) from error
                await self.retries.pause(attempt)
                continue
            if last or response.status_code not in TRANSIENT:
                return response
            await response.aclose()
            await self.retries.pause(attempt, response)
        raise AssertionError("the last attempt returns or raises")

    def _retries_of(self, request: Request) -> int:
        if not request.repeatable:
            return 0
        return self.retries.most if request.retries is None else request.retries

    async def _authorized(self, endpoint: Endpoint, request: Request) -> httpx.Response:
        """Send; when challenged, learn the challenge (or drop a token that is not taken any more) and send once more."""
        credentials = Credentials() if endpoint.mirror else request.credentials
        header = await self.authorizer.header(endpoint, request.scope, credentials)
        response = await self._redirected(endpoint, request, header)
        challenges = parse_challenges(response.headers.get_list("WWW-Authenticate"))
        if response.status_code != 401 or not challenges or not request.repeatable:
            return response
        self.authorizer.learn(endpoint, challenges[0])
        stale = self.authorizer.forget(endpoint, request.scope, credentials)
        if header and not stale:
            return response
        await response.aclose()
        header = await self.authorizer.header(endpoint, request.scope, credentials)
        return await self._redirected(endpoint, request, header)

    async def _redirected(self, endpoint: Endpoint, request: Request, authorization: str) -> httpx.Response:
        """Send and follow redirects; the authorization stays with the host it was meant for."""
        origin = httpx.URL(await self.base(endpoint))
        url = followed(origin, request.path, "request")
        for _ in range(_LONGEST_CHAIN):
            headers = {**request.headers}
            if authorization and (url.scheme, url.netloc) == (origin.scheme, origin.netloc):
                headers["Authorization"] = authorization
            client = self.connections.client(url, verify=endpoint.verify or url.netloc != origin.netloc)
            asked = client.build_request(request.method, url, headers=headers, content=request.content)
            response = await self._exchanges.send(client, asked)
            if response.status_code not in _REDIRECTS or "Location" not in response.headers or not request.repeatable:
                return response
            await response.aclose()
            url = followed(url, response.headers["Location"], "redirect")
        raise Unavailable(f'Get "{cleaned(str(url))}": stopped after {_LONGEST_CHAIN} redirects')
