"""Authorization headers: basic credentials, and bearer tokens from a registry's token server (distribution-spec: token authentication)."""

import base64
import time

import httpx
import msgspec
from msgspec import Struct

from plugins.registry_hub.challenges import Challenge
from plugins.registry_hub.connections import Connections
from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.refusals import parse_refusal, unreachable
from plugins.registry_hub.retries import TRANSIENT, Retries
from sdk.drivers.registry import Credentials
from sdk.errors import Unauthorized, Unavailable

NO_CREDENTIALS = "no basic auth credentials"

_CLIENT = "docker"
_DEFAULT_LIFE = 60
_MARGIN = 10


class _Token(Struct):
    token: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = _DEFAULT_LIFE


class Authorizer:
    """Answers challenges. Remembers each host's challenge and, until shortly before they expire, the tokens by scope."""

    def __init__(self, connections: Connections, retries: Retries) -> None:
        self._connections = connections
        self._retries = retries
        self._challenges: dict[str, Challenge] = {}
        self._tokens: dict[tuple[str, str, str, Credentials], tuple[str, float]] = {}

    def learn(self, endpoint: Endpoint, challenge: Challenge) -> None:
        """Remember how a host wants to be answered."""
        self._challenges[endpoint.host] = challenge

    async def header(self, endpoint: Endpoint, scope: str, credentials: Credentials) -> str:
        """Return the Authorization for a request, "" while the host has not asked for one. Raises Unauthorized, Unavailable."""
        if credentials.registry_token:
            return f"Bearer {credentials.registry_token}"
        challenge = self._challenges.get(endpoint.host)
        if challenge is None:
            return ""
        return await self._bearer(endpoint, challenge, scope, credentials) if challenge.scheme == "bearer" else basic(credentials)

    def forget(self, endpoint: Endpoint, scope: str, credentials: Credentials) -> bool:
        """Drop a token the host refused. Return whether there was one."""
        challenge = self._challenges.get(endpoint.host)
        if challenge is None:
            return False
        return self._tokens.pop((challenge.realm, challenge.service, scope, credentials), None) is not None

    async def identity(self, endpoint: Endpoint, credentials: Credentials) -> str:
        """Ask the token server for an identity token to store in place of the password; "" if it gives none."""
        challenge = self._challenges.get(endpoint.host)
        if challenge is None or challenge.scheme != "bearer":
            return ""
        return (await self._ask(endpoint, challenge, "", credentials, offline=True)).refresh_token

    async def _bearer(self, endpoint: Endpoint, challenge: Challenge, scope: str, credentials: Credentials) -> str:
        key = (challenge.realm, challenge.service, scope, credentials)
        header, expires = self._tokens.get(key, ("", 0.0))
        if time.monotonic() < expires:
            return header
        token = await self._ask(endpoint, challenge, scope, credentials)
        header = f"Bearer {token.token or token.access_token}"
        self._tokens[key] = (header, time.monotonic() + max(token.expires_in, _DEFAULT_LIFE) - _MARGIN)
        return header

    async def _ask(
        self, endpoint: Endpoint, challenge: Challenge, scope: str, credentials: Credentials, *, offline: bool = False
    ) -> _Token:
        url = httpx.URL(challenge.realm)
        client = self._connections.client(url, verify=endpoint.verify)
        if credentials.identity_token:
            request = client.build_request("POST", url, data=_refresh(challenge, scope, credentials))
        else:
            query = _query(challenge, scope, credentials, offline=offline)
            authorization = {"Authorization": basic(credentials)} if credentials.username else {}
            asked = httpx.URL(url, params=[*url.params.multi_items(), *query])
            request = client.build_request("GET", asked, headers=authorization)
        return _read(endpoint, await self._send(client, request))

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send; again, after a pause, where a server was in trouble. Raises Unavailable for one that cannot be spoken to."""
        for attempt in range(self._retries.most):
            try:
                reply = await client.send(request)
            except httpx.ConnectError as error:
                raise unreachable(str(request.url), error) from error
            except httpx.TransportError:
                await self._retries.pause(attempt)
                continue
            if reply.status_code not in TRANSIENT:
                return reply
            await self._retries.pause(attempt, reply)
        try:
            return await client.send(request)
        except httpx.TransportError as error:
            raise unreachable(str(request.url), error) from error


def basic(credentials: Credentials) -> str:
    """Return a basic Authorization. Raises Unauthorized when there are no credentials."""
    if not credentials.username:
        raise Unauthorized(NO_CREDENTIALS)
    return "Basic " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()


def _query(challenge: Challenge, scope: str, credentials: Credentials, *, offline: bool) -> list[tuple[str, str]]:
    pairs = [("service", challenge.service), ("account", credentials.username)]
    pairs += [("scope", each) for each in (scope or challenge.scope).split()]
    if offline:
        pairs += [("offline_token", "true"), ("client_id", _CLIENT)]
    return [(name, value) for name, value in pairs if value]


def _refresh(challenge: Challenge, scope: str, credentials: Credentials) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "refresh_token": credentials.identity_token,
        "service": challenge.service,
        "scope": scope or challenge.scope,
        "client_id": _CLIENT,
    }


def _read(endpoint: Endpoint, reply: httpx.Response) -> _Token:
    if reply.status_code in (400, 401, 403):
        refusal = parse_refusal(reply.status_code, reply.content)
        sentence = refusal.sentence if refusal.code else "unauthorized: incorrect username or password"
        raise Unauthorized(f'Get "{endpoint.bases[0]}/v2/": {sentence}')
    if reply.is_error:
        raise Unavailable(f"failed to fetch oauth token: unexpected status from token server: {reply.status_code}")
    try:
        token = msgspec.json.decode(reply.content, type=_Token)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"unable to decode token response: {error}") from error
    if not (token.token or token.access_token):
        raise Unavailable("authorization server did not include a token in the response")
    return token
