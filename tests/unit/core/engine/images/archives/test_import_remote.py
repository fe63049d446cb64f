"""Archives on the web, from a real HTTP server."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.engine.images.archives.import_remote import metered, remote_archive
from sdk.errors import EngineError, InvalidArgument, NotFound, PermissionDenied, Unauthorized, Unavailable
from sdk.testing.faults import served

pytestmark = pytest.mark.anyio

REPLIES = {
    "/archive.tar": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /archive.tar\r\nContent-Length: 0\r\n\r\n",
    "/circle": b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n",
    "/file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "/nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\nContent-Length: 0\r\n\r\n",
    "/port": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\nContent-Length: 0\r\n\r\n",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabcde",
    "/400": b"HTTP/1.1 400 Bad Request\r\n\r\nbad\x1b[2J\nthing",
    "/401": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    "/403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "/500": b"HTTP/1.1 500 Oops\r\n\r\n" + b"x" * 100_000,
    "/rubbish": b"SSH-2.0-OpenSSH\r\n",
}


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        writer.write(REPLIES.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n"))

    async with served(serve) as port:
        yield f"127.0.0.1:{port}"


async def read(source: str) -> bytes:
    async with remote_archive(source) as archive:
        return b"".join([chunk async for chunk in metered(archive, lambda _progress: None)])


@pytest.mark.parametrize("form", ["http://{}/archive.tar", "{}/archive.tar", "{}/chunked", "{}/moved"])
async def test_an_archive_is_fetched(server: str, form: str) -> None:
    assert await read(form.format(server)) == b"abcde"


@pytest.mark.parametrize(
    ("form", "kind", "sentence"),
    [
        ("{}/nofile.tar", NotFound, "failed to GET http://{}/nofile.tar with status 404 Not Found: not here"),
        ("{}/400", InvalidArgument, "failed to GET http://{}/400 with status 400 Bad Request: bad [2J thing"),
        ("{}/401", Unauthorized, "failed to GET http://{}/401 with status 401 Unauthorized: "),
        ("{}/403", PermissionDenied, "failed to GET http://{}/403 with status 403 Forbidden: "),
        ("{}/500", Unavailable, "failed to GET http://{}/500 with status 500 Oops: xxx"),
        ("{}/circle", Unavailable, 'Get "http://{}/circle": stopped after 10 redirects'),
        ("{}/file", InvalidArgument, 'Get "file:///etc/passwd": unsupported protocol scheme "file"'),
        ("{}/nowhere", Unavailable, "Invalid"),
        ("{}/short", Unavailable, 'Get "http://{}/short": unexpected EOF'),
        ("{}/rubbish", Unavailable, 'Get "http://{}/rubbish": '),
        ("%2Fdata%2Ffile.tar", InvalidArgument, 'parse "http://%2Fdata%2Ffile.tar": invalid URL escape "%2F"'),
        ("ftp://{}/x", InvalidArgument, 'Get "ftp://{}/x": unsupported protocol scheme "ftp"'),
        ("file:///etc/passwd", InvalidArgument, 'unsupported protocol scheme "file"'),
        ("http://", InvalidArgument, "no Host in request URL"),
        ("http://[::1/x", InvalidArgument, "invalid URL"),
        ("http://a b/x", InvalidArgument, 'parse "http://a b/x": invalid character in host name'),
        ("http://xn--a.test/x", InvalidArgument, "invalid URL"),
        (
            "http://user:secret@127.0.0.1:1/x",
            Unavailable,
            'Get "http://user:***@127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
        ("http://user:secret@{}/400", InvalidArgument, "failed to GET http://user:***@{}/400 with status 400 Bad Request"),
        ("127.0.0.1:99999/x", InvalidArgument, "address 99999: invalid port"),
        ("a" * 64 + ".test/x", NotFound, "no such host"),
        ("{}/port", InvalidArgument, "address 99999: invalid port"),
    ],
)
async def test_what_cannot_be_had_is_said(server: str, form: str, kind: type[EngineError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        await read(form.replace("{}", server))
    assert sentence.replace("{}", server) in caught.value.message
    assert len(caught.value.message) < 1200
    assert caught.value.message.isprintable()
