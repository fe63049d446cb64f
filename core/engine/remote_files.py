"""Files on the web that imports and builds fetch, within bounds of bytes, redirects and time."""

import errno
import os
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from sdk.errors import EngineError, InvalidArgument, NotFound, Unavailable
from sdk.pace import not_too_slow
from sdk.text import cleaned
from sdk.urls import is_possible_host, is_possible_port

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 10
_FAILURES = 400
_TIMEOUT = 60.0
"""Seconds without a byte."""
_EXCERPT = 2048
_SLOWEST_RATE, _RATE_SECONDS = 128, 30.0
"""Bytes a second, over so many seconds, below which a server counts as one that does not send."""
_HEAD_SECONDS = 120.0
"""Seconds that connecting, redirects and the reply's head may take together."""
_MOST_BYTES = 32 << 30
"""Bytes of a file whose size the server does not announce."""
_LENGTH_DIGITS = 19

Failed = Callable[[str, int, str, str], EngineError]
"""What a reply of failure means, by its URL, status, phrase and the beginning of its body."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file whose head has arrived. `size` is what the server announces, None if it does not say."""

    url: str
    response: "httpx.Response"

    @property
    def size(self) -> int | None:
        length = self.response.headers.get("Content-Length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS else None

    def header(self, name: str) -> str:
        """Return a field of the head, "" if there is none."""
        return str(self.response.headers.get(name, ""))

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield it as it comes: as it is sent, never unpacked. Raises Unavailable, also for one that comes too slowly or never ends."""
        import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

        bounded, received = self.size is not None, 0
        try:
            async for chunk in not_too_slow(self.response.aiter_raw(), _SLOWEST_RATE, _RATE_SECONDS, "the server"):
                received += len(chunk)
                if not bounded and received > _MOST_BYTES:
                    raise Unavailable(f'Get "{self.url}": the reply does not end after {_MOST_BYTES} bytes')
                yield chunk
        except httpx.HTTPError:
            raise Unavailable(f'Get "{self.url}": unexpected EOF') from None


@asynccontextmanager
async def remote_file(source: str, failed: Failed) -> AsyncIterator[RemoteFile]:
    """Ask for what a URL names. The environment's proxies are used, and a few redirects are followed.

    Raises InvalidArgument for what is no URL of the web, for a status of failure what `failed` makes of it, Unavailable for other trouble.
    """
    import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

    url = parsed_url(source, None)
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(_client())
            with anyio.fail_after(_HEAD_SECONDS):
                response = await _followed(client, url, stack, failed)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise unreachable(url, error) from error
        except TimeoutError:
            raise Unavailable(f'Get "{_shown(url)}": i/o timeout') from None
        yield RemoteFile(_shown(url), response)


async def _followed(client: "httpx.AsyncClient", url: "httpx.URL", stack: AsyncExitStack, failed: Failed) -> "httpx.Response":
    """Ask, and ask where a reply leads to; each address is checked first."""
    for _ in range(_MOST_REDIRECTS + 1):
        response = await stack.enter_async_context(client.stream("GET", url))
        if response.status_code >= _FAILURES:
            raise failed(_shown(url), response.status_code, response.reason_phrase, await _excerpt(response))
        if not response.has_redirect_location:
            return response
        url = parsed_url(response.headers["Location"], url)
    raise Unavailable(f'Get "{_shown(url)}": stopped after {_MOST_REDIRECTS} redirects')


def _client() -> "httpx.AsyncClient":
    import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

    return httpx.AsyncClient(
        timeout=_TIMEOUT,
        verify=ssl.create_default_context(),
        headers={"Accept-Encoding": "identity"},
    )


def parsed_url(text: str, base: "httpx.URL | None") -> "httpx.URL":
    """Return a URL of the web. Raises InvalidArgument or NotFound for what cannot be one."""
    import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

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


async def _excerpt(response: "httpx.Response") -> str:
    said = await anext(aiter(response.aiter_raw(_EXCERPT)), b"")
    return cleaned(said.decode(errors="replace"))


def unreachable(url: "httpx.URL", error: BaseException) -> EngineError:
    """Return what Docker says when what a URL names cannot be fetched."""
    import httpx  # noqa: PLC0415 - a client costs memory only where something is fetched

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
