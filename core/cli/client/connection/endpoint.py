"""Where the daemon is: `--host`, `DOCKER_HOST` or the daemon's own socket."""

import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from core.cli.client.connection.wire import TlsWire, Wire

DEFAULT = "unix:///run/core/core.sock"
_PORT, _TLS_PORT = 2375, 2376


class BadHost(Exception):
    """The address is of no form known here."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A unix socket (`path`) or a TCP address, with TLS if `tls` is set."""

    url: str
    path: str = ""
    address: str = ""
    port: int = 0
    tls: ssl.SSLContext | None = None

    def transport(self) -> httpx.HTTPTransport:
        """Return httpx's way to it."""
        # Without TLS the certificates of all the world's authorities are not even read: that takes longer than most requests.
        return httpx.HTTPTransport(uds=self.path or None, verify=self.tls or False)

    @property
    def base_url(self) -> str:
        """Return the URL requests start with."""
        return "http://core" if self.path else f"{'https' if self.tls else 'http'}://{self._host}:{self.port}"

    def connect(self) -> Wire:
        """Return a connection. Raises OSError."""
        if not self.path:
            plain = socket.create_connection((self.address, self.port))
            return TlsWire(plain, self.tls, self.address) if self.tls else Wire(plain)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return Wire(connection)

    @property
    def _host(self) -> str:
        return f"[{self.address}]" if ":" in self.address else self.address


def find_endpoint(host: str) -> Endpoint:
    """Return the endpoint a person means; "" means the environment's or the default. Raises BadHost,
    also for certificates that cannot be used."""
    url = host or os.environ.get("DOCKER_HOST", "") or DEFAULT
    scheme, separator, rest = url.partition("://")
    if scheme == "unix" and rest:
        return Endpoint(url, path=rest)
    if scheme in ("tcp", "http", "https") and separator:
        return _tcp(url, rest.rstrip("/"), secure=scheme == "https" or bool(os.environ.get("DOCKER_TLS_VERIFY")))
    raise BadHost(f"{url!r} is not of the form unix://PATH or tcp://ADDRESS:PORT")


def _tcp(url: str, rest: str, *, secure: bool) -> Endpoint:
    try:
        parts = urlsplit(f"//{rest}")
        address, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadHost(f"{url!r} has no address or port that can be read") from None
    if port is None:
        port = _TLS_PORT if secure else _PORT
    return Endpoint(url, address=address or "127.0.0.1", port=port, tls=_tls_context() if secure else None)


def _tls_context() -> ssl.SSLContext:
    """Return TLS with the files Docker's users keep: ca.pem, cert.pem and key.pem."""
    directory = Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    authority = directory / "ca.pem"
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority.exists() else None)
        if (directory / "cert.pem").exists():
            context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    except OSError as error:  # ssl.SSLError is one
        reason = getattr(error, "reason", None) or error.strerror
        raise BadHost(f"the certificates in {directory} cannot be used: {reason}") from None
    return context
