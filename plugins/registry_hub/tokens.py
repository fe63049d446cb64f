"""Authorization headers: basic credentials, and bearer tokens from a registry's token server (distribution-spec: token authentication)."""

import base64
import re
import time

import anyio
import httpx
from msgspec import Struct

from plugins.registry_hub.challenges import Challenge
from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.exchanges import Exchanges
from plugins.registry_hub.refusals import parse_refusal, unreachable
from plugins.registry_hub.replies import Reply, decode
from plugins.registry_hub.retries import TRANSIENT, Retries
from plugins.registry_hub.urls import followed, web_url
from sdk.drivers.registry import Credentials
from sdk.errors import InvalidArgument, Unauthorized, Unavailable

NO_CREDENTIALS = "no basic auth credentials"

_CLIENT = "docker"
_DEFAULT_LIFE = 60
_MARGIN = 10
_MOST_TOKENS = 256
_LONGEST_CHAIN = 5
_LONGEST_TOKEN = 64 << 10
_TOKEN = re.compile(r"[\x21-\x7e]*")
"""What may stand in a header (RFC 9110: "field-value"), without spaces."""


class _Token(Struct):
    token: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = _DEFAULT_LIFE


class Authorizer:
    """Answers challenges. Remembers each host's challenge and, until shortly before they expire, the tokens by scope."""

    def __init__(self, exchanges: Exchanges, retries: Retries) -> None:
        self._exchanges = exchanges
        self._retries = retries
        self._challenges: dict[str, Challenge] = {}
        self._tokens: dict[tuple[str, str, str, Credentials], tuple[str, float]] = {}

    def learn(self, endpoint: Endpoint, challenge: Challenge) -> None:
        """Remember how a host wants to be answered."""
        self._challenges[endpoint.host] = challenge

    async def header(self, endpoint: Endpoint, scope: str, credentials: Credentials) -> str:
        """Return the Authorization for a request, "" while the host has not asked for one. Raises Unauthorized, Unavailable, InvalidArgument."""
        if credentials.registry_token:
            if not _is_usable(credentials.registry_token):
                raise InvalidArgument("the registry token cannot be used: it is too long or has characters that no header may have")
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
        self._remember(key, header, time.monotonic() + max(token.expires_in, _DEFAULT_LIFE) - _MARGIN)
        return header

    def _remember(self, key: tuple[str, str, str, Credentials], header: str, expires: float) -> None:
        """Keep a token; the oldest go, so that many repositories do not fill the memory."""
        self._tokens.pop(key, None)
        while len(self._tokens) >= _MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[key] = (header, expires)

    async def _ask(
        self, endpoint: Endpoint, challenge: Challenge, scope: str, credentials: Credentials, *, offline: bool = False
    ) -> _Token:
        url = _realm(challenge)
        client = self._exchanges.connections.client(url, verify=endpoint.verify)
        if credentials.identity_token:
            request = client.build_request("POST", url, data=_refresh(challenge, scope, credentials))
        else:
            query = _query(challenge, scope, credentials, offline=offline)
            asked = httpx.URL(url, params=[*url.params.multi_items(), *query])
            request = client.build_request("GET", asked, headers=_login(credentials))
        return _read(endpoint, await self._answer(endpoint, request, credentials))

    async def _answer(self, endpoint: Endpoint, request: httpx.Request, credentials: Credentials) -> Reply:
        """Send and follow redirects; the password stays with the host it was meant for."""
        origin = request.url
        for _ in range(_LONGEST_CHAIN):
            client = self._exchanges.connections.client(request.url, verify=endpoint.verify)
            reply = await self._send(client, request)
            if not (300 <= reply.status < 400 and "Location" in reply.headers and request.method == "GET"):
                return reply
            url = followed(request.url, reply.headers["Location"], "token server")
            at_home = (url.scheme, url.netloc) == (origin.scheme, origin.netloc)
            request = client.build_request("GET", url, headers=_login(credentials) if at_home else {})
        raise Unavailable(f'Get "{origin}": stopped after {_LONGEST_CHAIN} redirects')

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request) -> Reply:
        """Send; again, after a pause, where a server was in trouble. Raises Unavailable for one that cannot be spoken to."""
        for attempt in range(self._retries.most + 1):
            last = attempt == self._retries.most
            try:
                response = await self._exchanges.send(client, request)
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.ConnectError):
                    raise unreachable(str(request.url), error) from error
                await self._retries.pause(attempt)
                continue
            try:
                if last or response.status_code not in TRANSIENT:
                    return await self._exchanges.read(response)
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
            await self._retries.pause(attempt, response)
        raise AssertionError("the last attempt returns or raises")


def basic(credentials: Credentials) -> str:
    """Return a basic Authorization. Raises Unauthorized when there are no credentials."""
    if not credentials.username:
        raise Unauthorized(NO_CREDENTIALS)
    return "Basic " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()


def _login(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": basic(credentials)} if credentials.username else {}


def _realm(challenge: Challenge) -> httpx.URL:
    if not challenge.realm:
        raise Unavailable("no realm specified for token auth challenge")
    return web_url(challenge.realm, "invalid token auth challenge realm")


def _is_usable(token: str) -> bool:
    return len(token) <= _LONGEST_TOKEN and _TOKEN.fullmatch(token) is not None


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


def _read(endpoint: Endpoint, reply: Reply) -> _Token:
    if reply.status in (400, 401, 403):
        refusal = parse_refusal(reply.status, reply.content)
        sentence = refusal.sentence if refusal.code else "unauthorized: incorrect username or password"
        raise Unauthorized(f'Get "{endpoint.bases[0]}/v2/": {sentence}')
    if reply.status != httpx.codes.OK:
        raise Unavailable(f"failed to fetch oauth token: unexpected status from token server: {reply.status}")
    token = decode(reply.content, _Token, "unable to decode token response")
    if not (token.token or token.access_token):
        raise Unavailable("authorization server did not include a token in the response")
    if not all(_is_usable(text) for text in (token.token, token.access_token, token.refresh_token)):
        raise Unavailable(
            "authorization server sent a token that cannot be used: it is too long or has characters that no header may have"
        )
    return token
