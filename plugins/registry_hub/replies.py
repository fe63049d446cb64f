"""What registries and token servers answer, read within bounds: no more bytes than a document may have, however they are compressed, and
no longer than the settings allow."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeVar

import anyio
import httpx
import msgspec

from plugins.registry_hub.refusals import unreachable
from sdk.errors import Unavailable
from sdk.text import cleaned

LONGEST_DOCUMENT = 4 << 20
"""The largest manifest or list taken, as the distribution-spec advises (bytes, uncompressed)."""
LONGEST_EXCERPT = 64 << 10
"""How much of an error reply is looked at."""

_PIECE = 64 << 10
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_Document = TypeVar("_Document")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with its body: the whole document of a success, else the beginning of what was said."""

    status: int
    url: httpx.URL
    headers: httpx.Headers
    content: bytes


async def read_reply(response: httpx.Response, seconds: float) -> Reply:
    """Read a reply. Raises Unavailable for a document that is too large, takes too long, breaks off or cannot be decompressed."""
    if response.status_code == httpx.codes.OK:
        content = await read_document(response, seconds)
    else:
        content = await read_excerpt(response, seconds)
    return Reply(response.status_code, response.url, response.headers, content)


async def read_document(response: httpx.Response, seconds: float, longest: int = LONGEST_DOCUMENT) -> bytes:
    """Read a body of at most `longest` bytes within some seconds. Raises Unavailable."""
    content = bytearray()
    try:
        with anyio.fail_after(seconds):
            async for piece in _plain(response):
                content += piece
                if len(content) > longest:
                    raise Unavailable(f"the reply of {_shown(response)} is larger than {longest} bytes")
    except TimeoutError:
        raise Unavailable(
            f'Get "{_shown(response)}": context deadline exceeded (Client.Timeout or context cancellation while reading body)'
        ) from None
    except httpx.TransportError as error:
        raise unreachable(_shown(response), error) from error
    except zlib.error:
        raise Unavailable(f"the reply of {_shown(response)} is not what its Content-Encoding says") from None
    return bytes(content)


async def read_excerpt(response: httpx.Response, seconds: float) -> bytes:
    """Read the beginning of a body, as much as comes: what is said beside an error must not hide the error."""
    content = bytearray()
    try:
        with anyio.move_on_after(seconds):
            async for piece in _plain(response):
                content += piece
                if len(content) >= LONGEST_EXCERPT:
                    break
    except (httpx.TransportError, Unavailable, zlib.error):
        pass
    return bytes(content[:LONGEST_EXCERPT])


def decode(content: bytes, kind: type[_Document], what: str) -> _Document:
    """Decode a JSON document. Raises Unavailable, with `what` in front of the reason."""
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError:
        raise Unavailable(f"{what}: the JSON is nested too deeply") from None
    except (UnicodeError, msgspec.MsgspecError) as error:
        reason = "the JSON is not UTF-8" if "utf-8" in str(error).lower() else cleaned(str(error))
        raise Unavailable(f"{what}: {reason}") from error


async def _plain(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body uncompressed, in small pieces."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Unavailable(f"the reply of {_shown(response)} has an unsupported Content-Encoding: {cleaned(encoding)}")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding not in ("", "identity") else None
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest:
            yield inflater.decompress(rest, _PIECE) if inflater else rest
            rest = inflater.unconsumed_tail if inflater else b""


def _shown(response: httpx.Response) -> str:
    return cleaned(str(response.url))
