import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from functools import cache

import anyio
import httpx
import pytest
from msgspec import Struct

from plugins.registry_hub.replies import LONGEST_EXCERPT, decode, read_document, read_excerpt
from sdk.errors import Unavailable

pytestmark = pytest.mark.anyio


@cache
def bomb() -> bytes:
    """64 MiB in 64 KiB; made when a test wants it, because every test process collects this file."""
    return gzip.compress(bytes(64 << 20), mtime=0)


class Named(Struct):
    name: str = ""


class Body(httpx.AsyncByteStream):
    """Chunks as they come; `closed` and `sent` tell how far a reader went."""

    def __init__(self, chunk: bytes, times: int, pause: float = 0) -> None:
        self._chunk, self._times, self._pause = chunk, times, pause
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._times):
            self.sent += 1
            yield self._chunk
            await anyio.sleep(self._pause)


def response(body: Body, encoding: str = "", status: int = 200) -> httpx.Response:
    headers = {"Content-Encoding": encoding} if encoding else {}
    return httpx.Response(status, headers=headers, stream=body, request=httpx.Request("GET", "https://registry.test/x"))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b'{"a":1}', ""),
        (b'{"a":1}', "identity"),
        (gzip.compress(b'{"a":1}', mtime=0), "gzip"),
        (gzip.compress(b'{"a":1}', mtime=0), " X-GZIP "),
        (zlib.compress(b'{"a":1}'), "deflate"),
    ],
)
async def test_a_document_is_read_however_it_is_compressed(content: bytes, encoding: str) -> None:
    assert json.loads(await read_document(response(Body(content, 1), encoding), 5)) == {"a": 1}


@pytest.mark.parametrize(("chunk", "encoding"), [(lambda: b"x" * 1000, ""), (bomb, "gzip")])
async def test_a_document_without_end_is_given_up_at_its_limit(chunk: Callable[[], bytes], encoding: str) -> None:
    body = Body(chunk(), 10**9)
    with pytest.raises(Unavailable, match=r"^the reply of https://registry\.test/x is larger than 100000 bytes$"):
        await read_document(response(body, encoding), 60, longest=100_000)
    assert body.sent <= 102


async def test_a_document_that_drips_is_given_up_in_time() -> None:
    with pytest.raises(Unavailable, match="context deadline exceeded"):
        await read_document(response(Body(b"x", 10**9, 0.01)), 0.1)


@pytest.mark.parametrize(
    ("content", "encoding"), [(b"plain", "gzip"), (b"x", "br"), (gzip.compress(b"x", mtime=0)[:-6] + b"abcdef", "gzip")]
)
async def test_what_cannot_be_unpacked_is_said(content: bytes, encoding: str) -> None:
    with pytest.raises(Unavailable, match="Content-Encoding"):
        await read_document(response(Body(content, 1), encoding), 5)


@pytest.mark.parametrize(
    ("chunk", "pause", "encoding", "most"),
    [
        (lambda: b"x" * 1000, 0, "", LONGEST_EXCERPT),
        (bomb, 0, "gzip", LONGEST_EXCERPT),
        (lambda: b"x", 0.01, "", 30),
    ],
)
async def test_of_an_error_the_beginning_is_enough(chunk: Callable[[], bytes], pause: float, encoding: str, most: int) -> None:
    excerpt = await read_excerpt(response(Body(chunk(), 10**9, pause), encoding, 500), 0.2)
    assert 0 < len(excerpt) <= most


async def test_an_unreadable_error_has_no_text() -> None:
    assert await read_excerpt(response(Body(b"plain", 1), "gzip", 500), 5) == b""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"x":' + b"[" * 100_000, "token: the JSON is nested too deeply"),
        (b'{"name":1}', "token: Expected `str`, got `int` - at `$.name`"),
        (b'{"name":"\xff"}', "token: the JSON is not UTF-8"),
        (b"", "token: Input data was truncated"),
    ],
)
def test_malformed_json_is_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Unavailable) as caught:
        decode(content, Named, "token")
    assert caught.value.message.startswith(sentence)
