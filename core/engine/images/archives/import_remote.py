"""An archive on the web, for `docker import URL`."""

import errno
import os
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.images.receiving.progress import Meter, Report
from sdk.errors import EngineError, InvalidArgument, NotFound, PermissionDenied, Unauthorized, Unavailable
from sdk.text import cleaned
from sdk.urls import is_possible_host, is_possible_port

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 10
_FAILURES = 400
_TIMEOUT = 60.0
"""Seconds without a byte."""
_EXCERPT = 2048
_KINDS: dict[int, type[EngineError]] = {400: InvalidArgument, 401: Unauthorized, 403: PermissionDenied, 404: NotFound}


@dataclass(frozen=True, slots=True)
class RemoteArchive:
    """An archive whose head has arrived."""

    url: str
    response: "httpx.Response"

    async def chunks(self, report: Report) -> AsyncGenerator[bytes, None]:
        """Yield it as it comes, and report how far it is. Raises Unavailable."""
        import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

        length = self.response.headers.get("Content-Length", "")
        meter, position = Meter(report, "Importing", "", int(length) if length.isascii() and length.isdigit() else 0), 0
        try:
            async for chunk in self.response.aiter_raw():
                yield chunk
                position += len(chunk)
                meter.show(position)
        except httpx.HTTPError:
            raise Unavailable(f'Get "{self.url}": unexpected EOF') from None


@asynccontextmanager
async def remote_archive(source: str) -> AsyncIterator[RemoteArchive]:
    """Ask for what a URL names; without a scheme it is http. The environment's proxies are used, and redirects are followed.

    Raises InvalidArgument for what is no URL of the web; for a status of failure the error of that status.
    """
    import httpx  # noqa: PLC0415

    url = parsed_url(source if "://" in source else f"http://{source}", None)
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(_client())
            response = await _followed(client, url, stack)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(url, error) from error
        yield RemoteArchive(_shown(url), response)


async def _followed(client: "httpx.AsyncClient", url: "httpx.URL", stack: AsyncExitStack) -> "httpx.Response":
    """Ask, and ask where a reply leads to; each address is checked first."""
    for _ in range(_MOST_REDIRECTS + 1):
        response = await stack.enter_async_context(client.stream("GET", url))
        if response.status_code >= _FAILURES:
            raise await _refused(url, response)
        if not response.has_redirect_location:
            return response
        url = parsed_url(response.headers["Location"], url)
    raise Unavailable(f'Get "{_shown(url)}": stopped after {_MOST_REDIRECTS} redirects')


def _client() -> "httpx.AsyncClient":
    import httpx  # noqa: PLC0415

    return httpx.AsyncClient(
        timeout=_TIMEOUT,
        verify=ssl.create_default_context(),
        headers={"Accept-Encoding": "identity"},
    )


def parsed_url(text: str, base: "httpx.URL | None") -> "httpx.URL":
    """Return a URL of the web. Raises InvalidArgument or NotFound for what cannot be one."""
    import httpx  # noqa: PLC0415

    shown = cleaned(text)
    try:
        url = base.join(text) if base is not None else httpx.URL(text)
        host = url.host  # decoded here: what stands for another alphabet may be none
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise InvalidArgument(f'parse "{shown}": invalid URL') from None
    if url.scheme not in ("http", "https"):
        raise InvalidArgument(f'Get "{shown}": unsupported protocol scheme "{cleaned(url.scheme)}"')
    if "%" in host:
        reason = f'invalid URL escape "{text[text.index("%") :][:3]}"' if "%" in text else "invalid character in host name"
        raise InvalidArgument(f'parse "{shown}": {reason}')
    if not host:
        raise InvalidArgument(f'Get "{shown}": http: no Host in request URL')
    if not is_possible_host(host):
        raise NotFound(f'Get "{shown}": dial tcp: lookup {host}: no such host')
    if not is_possible_port(url.port):
        raise InvalidArgument(f'Get "{shown}": dial tcp: address {url.port}: invalid port')
    return url


async def _refused(url: "httpx.URL", response: "httpx.Response") -> EngineError:
    said = await anext(aiter(response.aiter_raw(_EXCERPT)), b"")
    status = f"{response.status_code} {response.reason_phrase}".strip()
    sentence = f"failed to GET {_shown(url)} with status {status}: {cleaned(said.decode(errors='replace'))}"
    return _KINDS.get(response.status_code, Unavailable)(sentence)


def unreachable(url: "httpx.URL", error: BaseException) -> EngineError:
    """Return what Docker says when what a URL names cannot be fetched."""
    import httpx  # noqa: PLC0415

    if isinstance(error, httpx.InvalidURL):
        return InvalidArgument(f'parse "{_shown(url)}": invalid URL')
    reason = "i/o timeout" if isinstance(error, httpx.TimeoutException) else cleaned(str(error)) or "EOF"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return NotFound(f'Get "{_shown(url)}": dial tcp: lookup {url.host}: no such host')
        if isinstance(cause, OSError) and cause.errno in errno.errorcode:
            address = f"[{url.host}]" if ":" in url.host else url.host
            port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
            reason = f"dial tcp {address}:{port}: connect: {os.strerror(cause.errno or 0).lower()}"
        cause = cause.__cause__ or cause.__context__
    return Unavailable(f'Get "{_shown(url)}": {reason}')


def _shown(url: "httpx.URL") -> str:
    """Return a URL as errors and displays show it, without a password."""
    return cleaned(str(url.copy_with(username=url.username, password="***") if url.password else url))
