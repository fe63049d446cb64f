"""However a client frames its requests, authorizers are shown what is executed. Subjects and headers: test_door.py."""

import random
from pathlib import Path

import anyio
import pytest

from sdk.testing.authorization import RecordingAuthorizer
from tests.unit.core.daemon.authorization.guarded_app import opened

pytestmark = pytest.mark.anyio

TYPES = [
    "",
    "Content-Type: application/json",
    "content-type:Application/JSON;charset=utf-8",
    "Content-Type: application/x-tar",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: text/plain\r\nContent-Type: application/json",
    "Content-Type: application/json, text/plain",
]
SAFE = frozenset({"Content-Type: application/x-tar", "", "Content-Type: application/json, text/plain"})
"""Of these types no frontend reads JSON or a form."""


def chunks(dice: random.Random, body: bytes) -> bytes:
    """Return a body in chunks of any size, with extensions and trailers now and then."""
    framed, place = b"", 0
    while place < len(body):
        size = dice.randint(1, len(body) - place)
        framed += f"{size:x}".encode() + dice.choice([b"", b";ext=1", b";a"]) + b"\r\n" + body[place : place + size] + b"\r\n"
        place += size
    return framed + b"0\r\n" + dice.choice([b"", b"Content-Type: application/x-tar\r\n", b"Content-Length: 0\r\n"]) + b"\r\n"


def request(dice: random.Random) -> bytes:
    """Return a request that is framed in one of the ways there are, the wrong ones included."""
    body = dice.choice([b"", b"{}", b'{"Privileged": true}', b"fromImage=evil&tag=1", b"GET /hidden HTTP/1.1\r\n\r\n", b"{" * 3000])
    kind, length = dice.choice(TYPES), f"Content-Length: {len(body)}"
    headers, sent = dice.choice(
        [
            ([length], body),
            ([length], body),
            (["Transfer-Encoding: chunked"], chunks(dice, body)),
            (["transfer-encoding:  Chunked"], chunks(dice, body)),
            (["Content-Length: 0"], body),
            ([], body),
            ([length, "Transfer-Encoding: chunked"], chunks(dice, body)),
            (["Transfer-Encoding: chunked", "Content-Length: 0"], chunks(dice, body)),
            ([length, length], body),
            ([f"Content-Length: 0{len(body)}"], body),
            (["Transfer-Encoding: identity"], body),
            (["Transfer-Encoding: xchunked"], chunks(dice, body)),
            (["Expect: 100-continue", length], body),
        ]
    )
    lines = ["POST /json HTTP/1.1", "Host: x", *headers, *([kind] if kind else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + sent


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_executed_was_shown(tmp_path: Path, seed: int) -> None:
    dice, compared = random.Random(seed), 0
    async with opened(tmp_path) as served:
        for _ in range(25):
            served.guard(seen := RecordingAuthorizer())
            served.app.bodies.clear()
            await _talk(dice, served.path)
            for shown, executed in zip(seen.requests, served.app.bodies, strict=False):
                kinds = "\r\n".join(f"Content-Type: {value}" for name, value in shown.headers if name == "content-type")
                assert shown.body == executed or (shown.body is None and kinds in SAFE), (seed, shown, executed)
                compared += 1
            assert len(served.app.bodies) <= len(seen.requests)
    assert compared > 10


async def _talk(dice: random.Random, path: str) -> None:
    """Send some requests on one connection, in pieces, and read until the server has no more to say."""
    sent = (
        b"".join(request(dice) for _ in range(dice.randint(1, 4))) + b"GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    async with await anyio.connect_unix(path) as stream, anyio.create_task_group() as group:

        async def read() -> None:
            try:
                async for _ in stream:
                    pass
            except anyio.BrokenResourceError:
                pass

        group.start_soon(read)
        try:
            while sent:
                size = dice.choice([1, 7, 100, len(sent)])
                await stream.send(sent[:size])
                sent = sent[size:]
            await stream.send_eof()
        except anyio.BrokenResourceError:
            pass
