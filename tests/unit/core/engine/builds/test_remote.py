"""What builds fetch from servers of the web that mean harm."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from core.engine import remote_files
from core.engine.builds import remote
from core.engine.builds.contexts import Scratch
from core.engine.builds.remote import download, remote_context
from sdk.errors import BuildFailed, EngineError, InvalidArgument, ResourceExhausted, Unavailable
from sdk.testing.faults import served
from tests.hostile_registry import Reply

pytestmark = pytest.mark.anyio

LIMIT = 1 << 20


IMPATIENCE = {"drip": ("_RATE_SECONDS", 0.5), "slow_head": ("_HEAD_SECONDS", 1.0), "endless_head": ("_HEAD_SECONDS", 1.0)}
"""Which wait is shortened against which server: on a loaded machine every other one is slow as well."""


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_files, "_MOST_BYTES", LIMIT)


VICES = {
    "bomb": Reply.bomb,
    "endless": Reply.endless,
    "drip": Reply.drip,
    "slow_head": Reply.slow_head,
    "endless_head": Reply.endless_head,
    "short": Reply.short,
}
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "packed": (b"\x1f\x8b packed", {"Content_Encoding": "gzip"}),
    "file": (
        b"abc",
        {"Last_Modified": "Thu, 01 Jan 1970 00:00:07 GMT", "Content_Disposition": 'attachment; filename="a.txt"'},
    ),
    "text": (b"FROM scratch\n" * 100_000, {}),
}


async def answer(reply: Reply, path: str) -> None:
    name = path.strip("/")
    if name in VICES:
        await VICES[name](reply)
    elif name in BODIES:
        body, headers = BODIES[name]
        await reply.send("200 OK", body, **headers)
    elif name == "loop":
        await reply.loop(path)
    elif name == "huge":
        await reply.raw("200 OK", b"x", Content_Length=str(1 << 60))
    else:
        await reply.send("404 Not Found", b"no\x1b[2J")


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
            await answer(Reply(writer), path)

    async with served(serve) as port:
        yield f"http://127.0.0.1:{port}"


async def test_a_file_comes_as_it_is_sent(server: str, tmp_path: Path) -> None:
    found = await download(f"{server}/file", tmp_path / "f")
    assert (found.modified, found.name, (tmp_path / "f").read_bytes()) == (7, "a.txt", b"abc")
    await download(f"{server}/packed", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"\x1f\x8b packed"


@pytest.mark.parametrize(
    ("vice", "kind", "sentence"),
    [
        ("bomb", Unavailable, "the reply does not end after"),
        ("endless", Unavailable, "the reply does not end after"),
        ("drip", Unavailable, "the server sends less than 128 bytes a second"),
        ("slow_head", Unavailable, "i/o timeout"),
        ("endless_head", Unavailable, "i/o timeout"),
        ("short", Unavailable, "unexpected EOF"),
        ("loop", Unavailable, "stopped after 10 redirects"),
        ("huge", ResourceExhausted, "no space left on device"),
        ("nothing", BuildFailed, "ADD failed: failed to GET"),
    ],
)
async def test_a_server_that_means_harm_costs_little_and_is_named(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vice: str, kind: type[EngineError], sentence: str
) -> None:
    if vice in IMPATIENCE:
        monkeypatch.setattr(remote_files, *IMPATIENCE[vice])
    with anyio.fail_after(20), pytest.raises(kind) as caught:
        await download(f"{server}/{vice}", tmp_path / "f")
    assert sentence in caught.value.message
    assert caught.value.message.isprintable()
    assert not (tmp_path / "f").exists() or (tmp_path / "f").stat().st_size <= LIMIT + (1 << 20)


async def test_a_dockerfile_from_the_web_is_not_read_without_end(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_LARGEST_DOCKERFILE", 1000)
    scratch = Scratch(tmp_path / "scratch", tmp_path / "trash")
    with pytest.raises(InvalidArgument, match="the Dockerfile is larger than 1000 bytes"):
        async with remote_context(scratch, f"{server}/text"):
            pass
    scratch.close()
