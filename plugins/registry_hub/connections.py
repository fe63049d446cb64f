"""Pooled HTTP connections, one pool per way of verifying the other side."""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from plugins.registry_hub.proxies import Proxies
from plugins.registry_hub.settings import HubSettings
from sdk.errors import Unavailable

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=16, keepalive_expiry=30)


class Connections:
    """HTTP clients by host: an unverified one for insecure registries, one of its own for a host with certificates, else a common one;
    each again for every proxy."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self._proxies = Proxies(settings.proxies)
        self._clients: dict[tuple[str, str], httpx.AsyncClient] = {}

    def client(self, url: httpx.URL, *, verify: bool) -> httpx.AsyncClient:
        """Return the client for a URL, opening it if it is the first of its kind. Raises Unavailable for certificates that cannot be
        used."""
        directory = self._certificates(url.netloc.decode())
        kind = str(directory) if directory else "verified" if verify else "unverified"
        key = (kind, self._proxies.of(url))
        if key not in self._clients:
            self._clients[key] = self._open(_context(directory, verify=verify), key[1])
        return self._clients[key]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def _open(self, context: ssl.SSLContext, proxy: str) -> httpx.AsyncClient:
        stall = self._settings.stall_timeout
        return httpx.AsyncClient(
            verify=context,
            proxy=proxy or None,
            trust_env=False,
            timeout=httpx.Timeout(stall, connect=self._settings.connect_timeout, pool=None),
            limits=_LIMITS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "identity"},
        )

    def _certificates(self, host: str) -> Path | None:
        return next((path for root in self._settings.certificates if (path := root / host).is_dir()), None)


def _context(directory: Path | None, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if directory:
        try:
            _load(context, directory)
        except OSError as error:
            raise Unavailable(f"the certificates in {directory} cannot be used: {error.strerror or error}") from error
    return context


def _load(context: ssl.SSLContext, directory: Path) -> None:
    for authority in sorted(directory.glob("*.crt")):
        context.load_verify_locations(authority)
    for certificate in sorted(directory.glob("*.cert")):
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
